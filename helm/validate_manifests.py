"""Check manifests on standard input against the Kubernetes API: unknown fields and wrong types are errors.

The schema is that of the official client's models, which forbid what they do not know; no cluster is asked.
"""

import sys
from typing import Any

import yaml
from kubernetes.aio import client
from pydantic import BaseModel, ValidationError


def problems_of(manifest: dict[str, Any]) -> list[str]:
    """What the API server would refuse in one manifest, a sentence each."""
    kind, name = manifest["kind"], manifest["metadata"]["name"]
    version = manifest["apiVersion"].rpartition("/")[2]
    model: type[BaseModel] | None = getattr(client, version.capitalize() + kind, None)
    if model is None:
        return [f"{kind} {name}: the client knows no {manifest['apiVersion']} {kind}"]
    try:
        model.model_validate(manifest)
    except ValidationError as error:
        return [f"{kind} {name}: {'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
    return []


def main() -> int:
    """Exit 1 and say why when any manifest is wrong."""
    manifests = [manifest for manifest in yaml.safe_load_all(sys.stdin) if manifest]
    problems = [problem for manifest in manifests for problem in problems_of(manifest)]
    for problem in problems:
        sys.stderr.write(problem + "\n")
    sys.stdout.write(f"{len(manifests)} manifests, {len(problems)} problems\n")
    return 1 if problems or not manifests else 0


if __name__ == "__main__":
    sys.exit(main())
