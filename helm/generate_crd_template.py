"""Write the chart's copy of the CRD: `make crds`.

Helm installs a chart's crds/ folder once and never upgrades it, so the chart carries the definition as a
template: upgraded with the release, kept when the release goes, left out where somebody else installs it.
"""

import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
DEFINITIONS: Final = HERE.parent / "crds"
TEMPLATE: Final = HERE / "strategy-operator/templates/crd.yaml"

_METADATA: Final = """\
metadata:
  annotations:
    # Deleting the definition would delete every strategy in the cluster.
    helm.sh/resource-policy: keep
  labels:
    {{- include "strategy.labels" (dict "root" . "component" "crd") | nindent 4 }}
"""


def template_of(definition: str) -> str:
    """One document of crds/ as a Helm template."""
    literal = definition.replace("{{", '{{ "{{" }}')
    if literal.count("\nmetadata:\n") != 1:
        raise ValueError("expected exactly one top-level `metadata:` line in the definition")
    body = literal.replace("\nmetadata:\n", "\n" + _METADATA, 1)
    return "{{- if .Values.crds.install }}\n" + body + "{{- end }}\n"


def main() -> int:
    """Generate the template from the one definition there is."""
    (definition,) = sorted(DEFINITIONS.glob("*.yaml"))
    TEMPLATE.write_text(template_of(definition.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
