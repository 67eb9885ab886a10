"""Names for inputs: the same inputs give the same key, a changed byte or a renamed file another."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

KEY_LENGTH = 12
IGNORED_NAMES = frozenset({"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"})
IGNORED_SUFFIXES = (".pyc", ".egg-info")


def of_texts(*texts: str) -> str:
    digest = hashlib.sha256()
    for text in texts:
        encoded = text.encode()
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()[:KEY_LENGTH]


def of_files(root: Path, paths: Iterable[Path], *texts: str) -> str:
    """Key of the files below `paths` (names relative to `root`, modes and contents) and of some texts."""
    digest = hashlib.sha256(of_texts(*texts).encode())
    for path in sorted({file for start in paths for file in _files_below(start)}):
        content = path.read_bytes()
        executable = path.stat().st_mode & 0o111 != 0
        header = f"{path.relative_to(root)}\0{executable}\0{len(content)}\0"
        digest.update(header.encode() + content)
    return digest.hexdigest()[:KEY_LENGTH]


def _files_below(start: Path) -> Iterable[Path]:
    if start.is_file():
        yield start
        return
    for child in start.iterdir():
        if child.name in IGNORED_NAMES or child.name.endswith(IGNORED_SUFFIXES):
            continue
        yield from _files_below(child)
