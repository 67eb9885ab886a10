"""Which packages the runner image has, and in which version: an extract of its lock file, made by `make lock`. Pure.

`python -m strategy_sources.runner_image requirements/runner.txt` writes it anew; a test compares the two.
"""

import re
import sys
from functools import cache
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name
from packaging.version import Version

_EXTRACT: Final = Path(__file__).with_name("runner_packages.txt")
_PINNED: Final = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)


@cache
def runner_packages() -> dict[str, Version]:
    """Versions by normalised package name."""
    return pinned(_EXTRACT.read_text(encoding="ascii"))


def pinned(lock: str) -> dict[str, Version]:
    """What a lock file pins."""
    return {canonicalize_name(name): Version(version) for name, version in _PINNED.findall(lock)}


def extract(lock: str) -> str:
    """The lock file without its hashes and reasons."""
    return "".join(f"{name}=={version}\n" for name, version in _PINNED.findall(lock))


if __name__ == "__main__":
    _EXTRACT.write_text(extract(Path(sys.argv[1]).read_text(encoding="ascii")), encoding="ascii")
