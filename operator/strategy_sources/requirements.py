"""What a strategy says it needs, compared with what the runner image has: nothing is ever installed for it. Pure."""

import sys
from collections.abc import Iterator, Mapping
from typing import Final

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from strategy_code.words import words
from strategy_sources.errors import SourceRefused

MODULES: Final = {
    "beautifulsoup4": "bs4",
    "opencv-python": "cv2",
    "pillow": "PIL",
    "python-dateutil": "dateutil",
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
    "ta-lib": "talib",
    "websocket-client": "websocket",
}
"""Packages whose modules have another name: authors write either."""
_PACKAGES: Final = {module.lower(): package for package, module in MODULES.items()}
_PLATFORM: Final = frozenset({"alphintra", "alphintra-sdk", "app", "app-sdk"})
"""The platform's own packages, which the runner provides."""
_WHERE_FROM: Final = words("""
    -i --index-url --extra-index-url --no-index -f --find-links --trusted-host --prefer-binary --only-binary --no-binary
    --pre --require-hashes --use-feature
""")
"""Options that say where to download: of no meaning where nothing is."""
_MOST_LINES: Final = 1000
_MOST_TOLD: Final = 5
_SHOWN: Final = 80
_WAY_OUT: Final = "remove it, or name an image that has it in spec.runner.strategyImage"


def check_requirements(text: str, file: str, image: Mapping[str, Version]) -> None:
    """SourceRefused names each package that the image lacks, with its line and the way out."""
    problems = [f"{file}:{number}: {problem}" for number, problem in _problems(text, image)]
    if problems:
        more = len(problems) - _MOST_TOLD
        told = "; ".join(problems[:_MOST_TOLD]) + (f"; and {more} more" if more > 0 else "")
        raise SourceRefused("RequirementNotMet", told)


def _problems(text: str, image: Mapping[str, Version]) -> Iterator[tuple[int, str]]:
    for number, line in _logical_lines(text):
        if number > _MOST_LINES:
            yield number, f"more than {_MOST_LINES} lines"
            return
        problem = _problem(line, image)
        if problem is not None:
            yield number, problem


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their number, comments removed, continued ones joined."""
    held, start = "", 0
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        start = start or number
        held += line
        if held.endswith("\\"):
            held = held[:-1] + " "
            continue
        plain = held.partition(" #")[0].strip()
        if plain and not plain.startswith("#"):
            yield start, plain
        held, start = "", 0
    if held.strip():
        yield start, held.strip()


def _problem(line: str, image: Mapping[str, Version]) -> str | None:
    if line.startswith("-"):
        option = line.replace("=", " ").split()[0]
        return None if option in _WHERE_FROM else f"{option} is not followed; write the packages themselves"
    try:
        requirement = Requirement(line.partition(" --hash")[0])
        applies = requirement.marker is None or requirement.marker.evaluate()
    except (InvalidRequirement, UndefinedComparison, UndefinedEnvironmentName):
        return f"{_shown(line)} is not a requirement such as pandas>=2"
    return _unmet(requirement, image) if applies else None


def _unmet(requirement: Requirement, image: Mapping[str, Version]) -> str | None:
    written = requirement.name
    name = canonicalize_name(_PACKAGES.get(written.lower(), written))
    if name in _PLATFORM or written in sys.stdlib_module_names:
        return None
    module = MODULES.get(name)
    package = f"{written} (import {module})" if module else written
    if requirement.url is not None:
        return f"{_shown(package)} from a URL is not in the runner image; {_WAY_OUT}"
    version = image.get(name)
    if version is None:
        return f"{_shown(package)} is not in the runner image; {_WAY_OUT}"
    if requirement.extras:
        return f"the extras of {_shown(package)} are not in the runner image; {_WAY_OUT}"
    if not requirement.specifier.contains(version, prereleases=True):
        wanted = _shown(f"{package}{requirement.specifier}")
        return f"{wanted}: the runner image has {version}; allow it, or name an image in spec.runner.strategyImage"
    return None


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
