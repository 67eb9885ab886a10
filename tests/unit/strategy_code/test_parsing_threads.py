"""Reading source while other threads parse too, as a traceback does when it is printed."""

import ast
import gc
import sys
import threading
import time
from contextlib import suppress

from strategy_code.syntax import parse


class _LetsOthersRun:
    """Garbage that can be found only by the collector, and gives the interpreter away when it is."""

    def __init__(self) -> None:
        self._self = self

    def __del__(self) -> None:
        time.sleep(0)


def test_a_file_is_read_whatever_another_thread_parses_at_the_same_time() -> None:
    code = "\n".join(f"def f{n}(data):\n    return [row * {n} for row in data if row > {n}]" for n in range(50))
    enough = threading.Event()

    def parse_as_tracebacks_do() -> None:
        while not enough.is_set():
            _LetsOthersRun()
            with suppress(SystemError):
                ast.parse(code)

    threshold, interval = gc.get_threshold(), sys.getswitchinterval()
    other = threading.Thread(target=parse_as_tracebacks_do)
    gc.set_threshold(10)
    sys.setswitchinterval(1e-6)
    other.start()
    try:
        for _ in range(40):
            _LetsOthersRun()
            assert len(parse("main.py", code).body) == 50
    finally:
        enough.set()
        other.join()
        gc.set_threshold(*threshold)
        sys.setswitchinterval(interval)
