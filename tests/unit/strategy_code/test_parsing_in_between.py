"""Reading source while something else parses too: another thread, or a traceback that is printed by a finaliser."""

import ast
import gc

from strategy_code.syntax import parse

LONG = "\n".join(f"def f{n}(data):\n    return [row * {n} for row in data if row > {n}]" for n in range(300))


class ParsesWhenCollected:
    """Garbage that only the collector finds; making a long tree sets it off in between."""

    collected = 0

    def __init__(self) -> None:
        self._itself = self

    def __del__(self) -> None:
        ast.parse("x = 1")
        ParsesWhenCollected.collected += 1


def test_a_file_is_read_although_something_else_is_parsed_in_between() -> None:
    gc.collect()
    before = ParsesWhenCollected.collected
    for _ in range(5):
        ParsesWhenCollected()
        assert len(parse("main.py", LONG).body) == 300
    assert ParsesWhenCollected.collected > before
