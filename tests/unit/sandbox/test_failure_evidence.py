"""What an author is told of an exception: the user's frames, bounded, printable, without source text."""

import traceback
from collections.abc import Callable

import pytest

from strategy_contracts.worker_protocol import Failed
from strategy_sandbox.evidence import bounded, failed, forget


def raised(source: str, file: str = "main.py") -> BaseException:
    """What calling `run()` of that source raises."""
    names: dict[str, Callable[[], None]] = {}
    exec(compile(source, file, "exec"), names)
    try:
        names["run"]()
    except BaseException as error:  # noqa: BLE001 - the point of the test
        return error
    raise AssertionError("it raised nothing")


def test_the_line_is_the_innermost_of_the_authors_although_a_library_raised() -> None:
    error = raised("import json\n\ndef run():\n    helper()\n\ndef helper():\n    json.loads('{')\n")
    assert failed(3, error, ["main.py"]) == Failed(
        id=3,
        error_type="JSONDecodeError",
        message="Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        file="main.py",
        line=7,
        traceback='File "main.py", line 4, in run\nFile "main.py", line 7, in helper',
    )


def test_without_a_frame_of_the_author_there_is_no_place() -> None:
    report = failed(1, raised("def run():\n    raise ValueError('x')\n", "elsewhere.py"), ["main.py"])
    assert (report.file, report.line, report.traceback) == (None, None, None)


def test_source_text_is_never_told() -> None:
    report = failed(1, raised("def run():\n    secret_alpha = 1 / 0\n"), ["main.py"])
    assert "secret_alpha" not in repr(report)


def test_deep_recursion_is_told_by_its_last_calls() -> None:
    report = failed(1, raised("def run():\n    run()\n"), ["main.py"])
    assert report.error_type == "RecursionError"
    assert report.traceback is not None
    first, *calls = report.traceback.splitlines()
    assert first.endswith("more calls)") and len(calls) == 20


def test_a_syntax_error_of_the_bundle_has_its_own_line() -> None:
    with pytest.raises(SyntaxError) as caught:
        compile("x = 1\ny = (\n", "main.py", "exec")
    assert failed(1, caught.value, ["main.py"]) == Failed(
        id=1, error_type="SyntaxError", message="'(' was never closed", file="main.py", line=2
    )


def test_a_message_is_printable_and_bounded() -> None:
    report = failed(1, ValueError("\x1b[31m" + "é\ud800\n" * 5000), [])
    assert report.message.startswith(" [31mé  é")
    assert len(report.message.encode()) <= 2048
    assert report.message.isprintable()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("raise SystemExit", id="it raises"),
        pytest.param("return 5", id="it is no text"),
        pytest.param("return type('T', (str,), {})('x')", id="it is a subclass of text"),
    ],
)
def test_an_exceptions_own_text_may_be_hostile(body: str) -> None:
    error = raised(f"class E(Exception):\n    def __str__(self):\n        {body}\ndef run():\n    raise E\n")
    assert failed(1, error, ["main.py"]).message.startswith("(the exception's own text")


def test_what_frames_hold_is_let_go_of() -> None:
    error = raised(
        "def run():\n    try:\n        held = [0] * 1000\n        1 / 0\n    finally:\n        raise MemoryError\n"
    )
    context = error.__context__
    forget(error)
    assert error.__traceback__ is None
    assert context is not None and context.__traceback__ is None
    assert traceback.format_exception(error)


def test_a_cut_in_the_middle_of_a_character_leaves_no_half_of_it() -> None:
    assert bounded("ééé", 5) == "éé"
