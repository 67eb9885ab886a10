"""Lines for the person who waits: one per finished step, and a sign of life while a step is long."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

FIRST_SIGN_S = 3.0
NEXT_SIGN_S = 30.0


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announces a step that takes long, repeats its age, and prints its time when it is done."""
    started = time.monotonic()
    done = threading.Event()

    def signs_of_life() -> None:
        wait_s = FIRST_SIGN_S
        while not done.wait(wait_s):
            say(f"  ... {title} ({time.monotonic() - started:.0f} s)")
            wait_s = NEXT_SIGN_S

    watcher = threading.Thread(target=signs_of_life, daemon=True)
    watcher.start()
    try:
        yield
    except BaseException:
        say(f"  FAILED {title} ({time.monotonic() - started:.1f} s)")
        raise
    finally:
        done.set()
        watcher.join()
    say(f"  {title} ({time.monotonic() - started:.1f} s)")
