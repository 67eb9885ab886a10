"""What a Dockerfile takes from its context: the inputs that decide whether an image must be built again."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

BASE_ARGUMENT = "PYTHON_IMAGE"


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Pairs of instruction and arguments, continued lines joined, comments left out."""
    kept = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\s*\n", " ", "\n".join(kept)).splitlines():
        word, _, arguments = line.strip().partition(" ")
        if word:
            yield word.upper(), arguments.strip()


def copied_sources(text: str) -> list[str]:
    """Paths and patterns, relative to the context, of every COPY and ADD that does not copy from a stage."""
    sources: list[str] = []
    for word, arguments in instructions(text):
        if word not in ("COPY", "ADD"):
            continue
        options = re.match(r"(?:--\S+\s+)*", arguments)
        flags = options[0] if options else ""
        if "--from=" in flags:
            continue
        rest = arguments[len(flags) :]
        words = json.loads(rest) if rest.startswith("[") else rest.split()
        sources += [source for source in words[:-1] if "://" not in source]
    return sources


def takes_base_image(text: str) -> bool:
    return any(word == "ARG" and arguments.split("=")[0] == BASE_ARGUMENT for word, arguments in instructions(text))


def inputs(dockerfile: Path, context: Path) -> list[Path]:
    """Existing files and directories whose content goes into the image, the Dockerfile among them."""
    found = [dockerfile]
    ignore_file = context / ".dockerignore"
    if ignore_file.exists():
        found.append(ignore_file)
    for pattern in copied_sources(dockerfile.read_text()):
        relative = pattern.strip("/")
        found += [context] if relative in ("", ".") else sorted(context.glob(relative))
    return found
