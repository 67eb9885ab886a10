"""Running other programs: output captured, failure raised with the program's last words."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from .errors import CommandFailed


def run(
    *argv: str | Path,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
) -> str:
    """Standard output of a program that must succeed; `env` is added to ours."""
    words = [str(word) for word in argv]
    done = subprocess.run(
        words,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        env={**os.environ, **(env or {})},
        cwd=cwd,
        user=user,
        group=user,
        extra_groups=[] if user else None,
        check=False,
    )
    if done.returncode != 0:
        raise CommandFailed(words, done.returncode, done.stdout + done.stderr)
    return done.stdout


def succeeds(*argv: str | Path) -> bool:
    """Whether a program exists and ends with 0."""
    try:
        run(*argv)
    except (CommandFailed, OSError):
        return False
    return True
