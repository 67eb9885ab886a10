"""What a strategy says it needs, against what the runner image has."""

from pathlib import Path

import pytest
from packaging.version import Version

from strategy_sources import runner_image
from strategy_sources.errors import SourceRefused
from strategy_sources.requirements import MODULES, check_requirements

REPOSITORY = Path(__file__).parents[3]
IMAGE = {
    "pandas": Version("2.3.3"),
    "ta-lib": Version("0.8.2"),
    "scikit-learn": Version("1.9.1"),
    "pytz": Version("2026.6"),
}


def problem(text: str) -> str | None:
    try:
        check_requirements(text, "requirements.txt", IMAGE)
    except SourceRefused as refused:
        assert refused.reason == "RequirementNotMet"
        return refused.message
    return None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n\n",
        "pandas",
        "PANDAS>=2,<3  # frames",
        "pandas ~= 2.3",
        "TA-Lib\ntalib\nta_lib>=0.4.25",
        "sklearn\nscikit-learn>=1.7",
        "alphintra\nalphintra-sdk==1.0\napp-sdk",
        "typing\njson\nuuid",
        "tomli; python_version < '3.8'",
        "pandas \\\n  >=2 \\\n  --hash=sha256:00",
        "--index-url https://example.org/simple\n--extra-index-url=https://example.org\n-i https://x\npandas",
        "\ufeffpandas",
        "pytz>2020",
    ],
)
def test_what_the_image_has(text: str) -> None:
    assert problem(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("backtrader", "requirements.txt:1: backtrader is not in the runner image; remove it, or name an "
         "image that has it in spec.runner.strategyImage"),
        ("pandas\n\nwebsocket-client", "requirements.txt:3: websocket-client (import websocket) is not in"),
        ("websocket", "requirements.txt:1: websocket (import websocket) is not in"),
        ("pandas==1.5.3", "requirements.txt:1: pandas==1.5.3: the runner image has 2.3.3; allow it, or name an image"),
        ("sklearn<1", "sklearn (import sklearn)<1: the runner image has 1.9.1"),
        ("pandas[performance]", "the extras of pandas are not in"),
        ("pandas @ https://example.org/p.whl", "pandas from a URL is not in"),
        ("-r more.txt", "requirements.txt:1: -r is not followed"),
        ("-e .", "-e is not followed"),
        ("import pandas", "import pandas is not a requirement such as"),
        ("torch; python_version >= '3'", "torch is not in"),
        ("\n".join(f"missing{n}" for n in range(9)), "; and 4 more"),
        ("pandas\n" * 1001, "more than 1000 lines"),
        ("x" * 100_000, "x…"),
    ],
)  # fmt: skip
def test_what_it_lacks_is_named_with_line_and_way_out(text: str, said: str) -> None:
    found = problem(text)
    assert found is not None
    assert said in found
    assert len(found) < 2000


def test_the_image_is_what_its_lock_file_says() -> None:
    lock = (REPOSITORY / "requirements/runner.txt").read_text()
    assert runner_image.runner_packages() == runner_image.pinned(lock), "run `make lock`"


def test_what_strategies_are_offered_is_in_the_image() -> None:
    offered = (REPOSITORY / "requirements/runner.in").read_text()
    check_requirements(offered, "runner.in", runner_image.runner_packages())


def test_modules_are_named_by_packages_that_exist_under_another_name() -> None:
    assert all(package != module for package, module in MODULES.items())
