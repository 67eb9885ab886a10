"""Strategies in the real box: what honest ones get, and what broken ones are told."""

import signal
import time
from typing import Any

import pytest

from strategy_contracts.bundle import EntryPoint, Shape
from strategy_contracts.worker_protocol import (
    MEMORY_EXHAUSTED,
    Candidate,
    Evaluated,
    Exited,
    Failed,
    Loaded,
    Output,
)
from warden_client import Supervisor, a_class, some_bars


def a_strategy(body: str) -> str:
    """A file whose `generate_signals(data, parameters)` has this body, after optional lines above `---`."""
    head, _, tail = body.rpartition("---\n")
    return head + "def generate_signals(data, parameters):\n" + "".join(f"    {line}\n" for line in tail.splitlines())


def loaded(supervisor: Supervisor, source: str | dict[str, str], *imports: str, **wanted: Any) -> Supervisor:
    supervisor.spawn(*imports)
    answer = supervisor.load(source, **wanted)
    assert isinstance(answer, Loaded), answer
    return supervisor


def decide(supervisor: Supervisor, bars: int = 60) -> Evaluated | Failed:
    return supervisor.evaluate({"BTCUSDT": some_bars(bars)})


# --- honest strategies -----------------------------------------------------------------------------


def test_the_frame_is_what_pandas_users_expect(supervisor: Supervisor) -> None:
    body = """
frame = data["BTCUSDT"]
facts = {
    "columns": list(frame.columns),
    "types": [str(kind) for kind in frame.dtypes],
    "index": str(frame.index.dtype),
    "name": frame.index.name,
    "first": frame.index[0].isoformat(),
    "rows": len(frame),
    "close": frame["close"].iloc[-1],
    "symbols": list(data),
    "parameters": parameters,
}
return {"symbol": "BTCUSDT", "action": "BUY", "metadata": facts}
"""
    loaded(supervisor, a_strategy(body), parameters={"period": 14}, lookback_bars=50)
    answer = decide(supervisor, 60)
    assert isinstance(answer, Evaluated), answer
    assert answer.signals[0].metadata == {
        "columns": ["open", "high", "low", "close", "volume"],
        "types": ["float64"] * 5,
        "index": "datetime64[ns, UTC]",
        "name": "timestamp",
        "first": "2023-03-01T00:10:00+00:00",
        "rows": 50,
        "close": 159.0,
        "symbols": ["BTCUSDT"],
        "parameters": {"period": 14},
    }


def test_what_a_strategy_writes_into_its_input_is_gone_the_next_time(supervisor: Supervisor) -> None:
    body = """
frame = data["BTCUSDT"]
seen = list(frame.columns), float(frame["close"].iloc[0]), dict(parameters)
frame["mean"] = frame["close"].mean()
frame.loc[frame.index[0], "close"] = 0.0
parameters["touched"] = True
return {"symbol": "BTCUSDT", "action": "HOLD", "metadata": {"seen": seen}}
"""
    loaded(supervisor, a_strategy(body))
    first, second = decide(supervisor), supervisor.evaluate({"BTCUSDT": some_bars(1, 60)})
    assert isinstance(first, Evaluated) and isinstance(second, Evaluated)
    assert first.signals == second.signals


@pytest.mark.parametrize(
    ("imports", "body"),
    [
        pytest.param(
            ("pandas",),
            "import pandas as pd\n---\n"
            "close = data['BTCUSDT']['close']\n"
            "value = close.rolling(5).mean().ewm(span=3).mean().resample('5min').last().groupby(lambda t: t.hour)\n"
            "value = float(value.sum().sum() + pd.Series([1.0]).rank().sum())",
            id="pandas: rolling, ewm, resample, groupby",
        ),
        pytest.param(
            ("numpy",),
            "import numpy as np\n---\n"
            "x = data['BTCUSDT']['close'].to_numpy()\n"
            "value = float(np.polyfit(np.arange(len(x)), x, 2)[0] + abs(np.fft.rfft(x))[1]"
            " + np.linalg.svd(np.eye(3))[1][0] + np.random.default_rng(1).random()"
            " + np.polynomial.Polynomial([1, 2])(3))",
            id="numpy: polyfit, fft, svd, random, polynomial",
        ),
        pytest.param(
            ("ta", "ta.momentum"),
            "import ta\nfrom ta.momentum import RSIIndicator\n---\n"
            "f = data['BTCUSDT']\n"
            "value = float(RSIIndicator(f['close']).rsi().iloc[-1] + ta.trend.macd(f['close']).iloc[-1]"
            " + ta.volatility.average_true_range(f['high'], f['low'], f['close']).iloc[-1])",
            id="ta: RSI, MACD, ATR",
        ),
        pytest.param(
            ("talib",),
            "import talib\nfrom talib import abstract\n---\n"
            "f = data['BTCUSDT']\n"
            "value = float(talib.RSI(f['close'], 14).iloc[-1] + talib.BBANDS(f['close'].to_numpy())[0][-1]"
            " + abstract.SMA(f, 5).iloc[-1])",
            id="talib: functions and abstract",
        ),
        pytest.param(
            ("scipy.stats", "scipy.signal", "scipy.optimize"),
            "from scipy import stats, signal, optimize\n---\n"
            "x = data['BTCUSDT']['close'].to_numpy()\n"
            "value = float(stats.zscore(x)[-1] + stats.linregress(range(len(x)), x).slope"
            " + signal.savgol_filter(x, 5, 2)[-1] + optimize.minimize_scalar(lambda v: (v - 2) ** 2).x)",
            id="scipy: stats, signal, optimize",
        ),
        pytest.param(
            ("sklearn.linear_model", "sklearn.ensemble", "sklearn.preprocessing", "sklearn.pipeline"),
            "import numpy as np\nfrom sklearn.ensemble import RandomForestClassifier\n"
            "from sklearn.linear_model import LinearRegression\nfrom sklearn.pipeline import make_pipeline\n"
            "from sklearn.preprocessing import StandardScaler\n---\n"
            "x = data['BTCUSDT']['close'].to_numpy().reshape(-1, 1)\n"
            "line = make_pipeline(StandardScaler(), LinearRegression()).fit(x[:-1], x[1:, 0])\n"
            "forest = RandomForestClassifier(n_estimators=5, random_state=0).fit(x, x[:, 0] > x.mean())\n"
            "value = float(line.predict(x[-1:])[0] + forest.predict_proba(x[-1:])[0, 1])",
            id="sklearn: pipeline, regression, forest",
        ),
        pytest.param(
            (),
            "import dataclasses, datetime, decimal, enum, heapq, json, random, re, statistics, uuid, zoneinfo\n"
            "@dataclasses.dataclass\nclass Level:\n    price: float\n---\n"
            "zone = zoneinfo.ZoneInfo('Europe/Berlin')\n"
            "noon = datetime.datetime(2024, 7, 1, 12, tzinfo=zone).utcoffset().total_seconds()\n"
            "value = noon + float(decimal.Decimal('1.5')) + statistics.median([1, 2, 3]) + random.random()"
            " + len(str(uuid.uuid4())) + len(json.dumps(dataclasses.asdict(Level(1.0))))",
            id="the standard library, with time zones",
        ),
    ],
)
def test_the_numeric_libraries_work_inside_the_box(supervisor: Supervisor, imports: tuple[str, ...], body: str) -> None:
    source = a_strategy(
        body + "\nreturn {'symbol': 'BTCUSDT', 'action': 'BUY', 'confidence': 0.5, 'metadata': {'value': value}}"
    )
    loaded(supervisor, source, *imports)
    answer = decide(supervisor)
    assert isinstance(answer, Evaluated), answer
    assert isinstance(answer.signals[0].metadata["value"], float)


def test_a_project_of_several_files_imports_itself(supervisor: Supervisor) -> None:
    files = {
        "src/main.py": "from indicators import mean\nfrom src.rules.levels import above\n\n"
        "def generate_signals(data, parameters):\n"
        "    value = mean(data['BTCUSDT']['close'])\n"
        "    return {'symbol': 'BTCUSDT', 'action': 'BUY' if above(value) else 'SELL'}\n",
        "src/indicators.py": "def mean(series):\n    return float(series.mean())\n",
        "src/rules/__init__.py": "from .limits import LIMIT\n",
        "src/rules/limits.py": "LIMIT = 1\n",
        "src/rules/levels.py": "from . import LIMIT\nfrom .limits import LIMIT as SAME\n\n"
        "def above(value):\n    return value > LIMIT == SAME\n",
        "README.md": "not a module",
    }
    entry_point = EntryPoint(shape=Shape.FUNCTION, file="src/main.py", name="generate_signals")
    loaded(supervisor, files, entry_point=entry_point)
    assert decide(supervisor) == Evaluated(id=2, signals=[Candidate(symbol="BTCUSDT", action="BUY")])


def test_script_parts_stay_asleep(supervisor: Supervisor) -> None:
    loaded(supervisor, a_strategy("return []") + "if __name__ == '__main__':\n    raise SystemExit\n")


def test_siblings_draw_different_random_numbers(supervisor: Supervisor) -> None:
    body = (
        "import random\nimport numpy as np\n---\n"
        "return {'symbol': 'B', 'action': 'HOLD', 'metadata': {'drawn': [random.random(), np.random.rand()]}}"
    )
    drawn = []
    for _ in range(2):
        answer = decide(loaded(supervisor, a_strategy(body)))
        assert isinstance(answer, Evaluated)
        drawn += answer.signals[0].metadata["drawn"]
    assert len(set(drawn)) == 4


# --- faults ----------------------------------------------------------------------------------------


def test_an_endless_loop_that_catches_everything_is_killed_and_the_next_worker_answers(supervisor: Supervisor) -> None:
    body = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
    loaded(supervisor, a_strategy(body))
    supervisor.start_evaluation({"BTCUSDT": some_bars(1)})
    assert supervisor.kill().signal == signal.SIGKILL
    assert decide(loaded(supervisor, a_strategy("return []"))) == Evaluated(id=4, signals=[])


def test_a_memory_bomb_becomes_a_memory_error_with_its_line_and_the_worker_lives(supervisor: Supervisor) -> None:
    body = "rows = []\nif len(data['BTCUSDT']) == 1:\n    while True:\n        rows.append([0.0] * 1000)\nreturn []"
    loaded(supervisor, a_strategy(body))
    answer = decide(supervisor, 1)
    assert isinstance(answer, Failed)
    assert (answer.error_type, answer.file, answer.line) == ("MemoryError", "main.py", 5)
    assert isinstance(supervisor.evaluate({"BTCUSDT": some_bars(5, 1)}), Evaluated)


def test_a_strategy_that_keeps_all_memory_is_still_told_of_it(supervisor: Supervisor) -> None:
    hoard = "kept = []\n---\ntry:\n    while True:\n        kept.append(bytearray(1 << 12))\nexcept MemoryError:\n"
    answer = "    pass\nreturn [{'symbol': 'B', 'action': 'HOLD', 'reason': 'x' * 4000}] * 50"
    loaded(supervisor, a_strategy(hoard + answer))
    try:
        answers = [decide(supervisor) for _ in range(3)]
    except EOFError:
        assert supervisor.expect(Exited).exit_code == MEMORY_EXHAUSTED
    else:
        assert {answer.error_type for answer in answers if isinstance(answer, Failed)} <= {"MemoryError"}
    assert supervisor.ping()


def test_the_memory_limit_leaves_room_below_the_containers(supervisor: Supervisor) -> None:
    body = "import numpy as np\n---\nnp.ones(int(parameters['mib']) << 17)\nreturn []"
    loaded(supervisor, a_strategy(body), parameters={"mib": 100})
    assert isinstance(decide(supervisor), Evaluated)
    loaded(supervisor, a_strategy(body), parameters={"mib": 512})
    answer = decide(supervisor)
    assert isinstance(answer, Failed) and answer.line == 3


@pytest.mark.parametrize(
    ("body", "number"),
    [
        pytest.param("import os, signal\n---\nos.abort()", signal.SIGABRT, id="abort"),
        pytest.param("import ctypes\n---\nctypes.string_at(0)", signal.SIGSEGV, id="a read of address zero"),
    ],
)
def test_a_crash_is_reported_with_its_signal(supervisor: Supervisor, body: str, number: int) -> None:
    loaded(supervisor, a_strategy(body))
    supervisor.start_evaluation({"BTCUSDT": some_bars(1)})
    exited = supervisor.expect(Exited)
    assert (exited.signal, exited.syscall) == (number, None)


def test_an_early_exit_is_reported_with_its_status(supervisor: Supervisor) -> None:
    loaded(supervisor, a_strategy("import os\n---\nos._exit(7)"))
    supervisor.start_evaluation({"BTCUSDT": some_bars(1)})
    assert supervisor.expect(Exited).exit_code == 7


@pytest.mark.parametrize(
    ("body", "syscall"),
    [
        pytest.param("import os\n---\nos.kill(os.getppid(), 9)", "kill", id="a signal to the warden"),
        pytest.param("import os\n---\nos.kill(os.getpid(), 9)", "kill", id="a signal to itself"),
        pytest.param("import os\n---\nos.fork()", "clone", id="a fork"),
        pytest.param("import socket\n---\nsocket.socket()", "socket", id="a TCP socket"),
        pytest.param("import os\n---\nos.execv('/bin/true', ['true'])", "execve", id="another program"),
        pytest.param("import os\n---\nos.memfd_create('x')", "memfd_create", id="memory that is a file"),
        pytest.param("import ctypes\n---\nctypes.CDLL(None).ptrace(16, 1, 0, 0)", "ptrace", id="tracing"),
        pytest.param(
            "import ctypes\n---\nctypes.CDLL(None).process_vm_readv(1, 0, 0, 0, 0, 0)",
            "process_vm_readv",
            id="memory of another process",
        ),
        pytest.param("import ctypes\n---\nctypes.CDLL(None).syscall(425, 1, 0)", "io_uring_setup", id="io_uring"),
    ],
)
def test_a_tripwire_ends_the_worker_and_names_the_call(supervisor: Supervisor, body: str, syscall: str) -> None:
    loaded(supervisor, a_strategy(body))
    supervisor.start_evaluation({"BTCUSDT": some_bars(1)})
    exited = supervisor.expect(Exited)
    assert (exited.signal, exited.syscall) == (signal.SIGSYS, syscall)
    assert supervisor.ping()


@pytest.mark.parametrize(
    ("body", "error_type"),
    [
        pytest.param("open('/etc/passwd')", "PermissionError", id="a file outside of the libraries"),
        pytest.param("open('/tmp/PWNED', 'w')", "PermissionError", id="a new file"),
        pytest.param("open('/dev/shm/PWNED', 'w')", "PermissionError", id="shared memory"),
        pytest.param("open('/proc/self/environ').read()", "PermissionError", id="the environment by /proc"),
        pytest.param("import os\n---\nos.listdir('/')", "PermissionError", id="a listing"),
        pytest.param("import threading\n---\nthreading.Thread(target=print).start()", "RuntimeError", id="a thread"),
        pytest.param("import mmap\n---\nmmap.mmap(-1, 4096)", "PermissionError", id="shared memory by mmap"),
        pytest.param("import subprocess\n---\nsubprocess.run(['ls'])", "PermissionError", id="a program by subprocess"),
        pytest.param("import os\n---\nos.unlink('/tmp/x')", "PermissionError", id="a deletion"),
        pytest.param("import resource as r\n---\nr.setrlimit(r.RLIMIT_AS, (-1, -1))", "ValueError", id="higher limits"),
    ],
)
def test_the_box_refuses_and_the_author_sees_an_ordinary_error(
    supervisor: Supervisor, body: str, error_type: str
) -> None:
    loaded(supervisor, a_strategy(body), "numpy")
    answer = decide(supervisor)
    assert isinstance(answer, Failed), answer
    assert answer.error_type in (error_type, "ImportError")
    assert isinstance(decide(supervisor), Failed)


def test_there_is_no_environment_and_no_descriptor_but_three(supervisor: Supervisor) -> None:
    body = """import os
---
open_ones = []
for number in range(16):
    try:
        os.fstat(number)
        open_ones.append(number)
    except OSError:
        pass
return {"symbol": "B", "action": "HOLD", "metadata": {"open": open_ones, "environment": dict(os.environ)}}
"""
    answer = decide(loaded(supervisor, a_strategy(body)))
    assert isinstance(answer, Evaluated)
    assert answer.signals[0].metadata == {"open": [0, 1, 2], "environment": {}}


def test_a_flood_of_output_is_bounded_and_the_answer_comes(supervisor: Supervisor) -> None:
    loaded(supervisor, a_strategy("for number in range(100_000):\n    print('line', number)\nreturn []"))
    assert decide(supervisor) == Evaluated(id=2, signals=[])
    supervisor.kill()
    assert supervisor.printed.startswith("line 0\nline 1\n")
    assert len(supervisor.printed) < 5000
    assert "more bytes were printed" in supervisor.printed


def test_a_flood_past_python_costs_the_supervisor_little_and_ends_with_the_worker(supervisor: Supervisor) -> None:
    loaded(supervisor, a_strategy("import os\n---\nwhile True:\n    os.write(1, b'x' * 65536)"))
    supervisor.start_evaluation({"BTCUSDT": some_bars(1)})
    begin = time.monotonic()
    for _ in range(5):
        assert len(supervisor.expect(Output).text) <= 4096
    elapsed = time.monotonic() - begin
    supervisor.kill()
    assert elapsed > 0.3
    assert supervisor.dropped_bytes < 2 << 20


def test_printed_text_carries_no_control_characters(supervisor: Supervisor) -> None:
    body = "import os\n---\nos.write(1, b'a\\x1b[31mb\\x00c\\xffd\\r\\n')\nprint('\\u202ee\\x07')\nreturn []"
    decide(loaded(supervisor, a_strategy(body)))
    supervisor.kill()
    assert supervisor.printed == "a [31mb c\ufffdd \n e \n"


def test_warnings_and_logging_reach_the_author(supervisor: Supervisor) -> None:
    body = "import logging, warnings\n---\nwarnings.warn('watch out')\nlogging.warning('low volume')\nreturn []"
    decide(loaded(supervisor, a_strategy(body)))
    supervisor.kill()
    assert "UserWarning: watch out" in supervisor.printed
    assert "low volume" in supervisor.printed


def test_an_exception_is_told_with_the_authors_innermost_line(supervisor: Supervisor) -> None:
    files = {
        "main.py": "import pandas as pd\nfrom rules import level\n\n"
        "def generate_signals(data, parameters):\n    return level(data['BTCUSDT'])\n",
        "rules.py": "def level(frame):\n    # secret sauce\n    return frame['nonsense'].mean()\n",
    }
    answer = decide(loaded(supervisor, files))
    assert answer == Failed(
        id=2,
        error_type="KeyError",
        message="'nonsense'",
        file="rules.py",
        line=3,
        traceback='File "main.py", line 5, in generate_signals\nFile "rules.py", line 3, in level',
    )


@pytest.mark.parametrize(
    ("source", "error_type", "line"),
    [
        pytest.param("x = 1\nraise ValueError('no')\n", "ValueError", 2, id="the module raises"),
        pytest.param("x = 1\ndef broken(:\n", "SyntaxError", 2, id="it does not parse"),
        pytest.param("import nothing_like_it\n", "ModuleNotFoundError", 1, id="an import fails"),
        pytest.param("import sys\nsys.exit(0)\n", "SystemExit", 2, id="it wants to exit"),
        pytest.param("def other(): pass\n", "StrategyBreaksContract", None, id="the entry point is not there"),
    ],
)
def test_a_strategy_that_does_not_load_is_told_why(
    supervisor: Supervisor, source: str, error_type: str, line: int | None
) -> None:
    supervisor.spawn()
    answer = supervisor.load(source)
    assert isinstance(answer, Failed)
    assert (answer.error_type, answer.file, answer.line) == (error_type, "main.py", line)


def test_an_answer_that_is_no_decision_is_told_in_a_sentence(supervisor: Supervisor) -> None:
    answer = decide(loaded(supervisor, a_strategy("return data['BTCUSDT']")))
    assert isinstance(answer, Failed)
    assert (answer.error_type, answer.file, answer.line) == ("StrategyBreaksContract", "main.py", 1)
    assert answer.message.startswith("the decision is a DataFrame; return dicts like")


def test_an_answer_that_is_too_long_is_an_error_and_the_worker_lives(supervisor: Supervisor) -> None:
    body = "return [{'symbol': 'B', 'action': 'HOLD', 'metadata': {str(n): 'x' * 4000 for n in range(100)}}]"
    answer = decide(loaded(supervisor, a_strategy(body)))
    assert isinstance(answer, Failed)
    assert answer.message.startswith("the answer is too long")
    assert isinstance(decide(supervisor), Failed)


def test_hostile_exceptions_do_not_hurt_the_report(supervisor: Supervisor) -> None:
    head = "class Evil(Exception):\n    def __str__(self):\n        raise SystemExit\n---\n"
    answer = decide(loaded(supervisor, a_strategy(head + "raise Evil")))
    assert isinstance(answer, Failed)
    assert (answer.error_type, answer.message) == ("Evil", "(the exception's own text could not be had)")


# --- state -----------------------------------------------------------------------------------------

COUNTING = """
class Strategy:
    def __init__(self):
        self.calls = 0
        self.closes = []
        self.last = None

    def generate_signals(self, data, parameters):
        self.calls += 1
        self.last = data["BTCUSDT"]["close"].iloc[-1]
        self.closes.append(float(self.last))
        seen = {"calls": self.calls, "kind": type(self.last).__name__}
        return {"symbol": "BTCUSDT", "action": "HOLD", "metadata": seen}
"""


def test_the_state_of_an_object_survives_its_worker(supervisor: Supervisor) -> None:
    loaded(supervisor, COUNTING, entry_point=a_class())
    for number in range(3):
        answer = supervisor.evaluate({"BTCUSDT": some_bars(1, number)})
    assert isinstance(answer, Evaluated) and answer.state is not None
    assert answer.not_restorable == ()
    supervisor.spawn()
    assert supervisor.load(COUNTING, entry_point=a_class(), state=answer.state) == Loaded(id=5, stateful=True)
    after = supervisor.evaluate({"BTCUSDT": some_bars(1, 3)})
    assert isinstance(after, Evaluated)
    assert after.signals[0].metadata == {"calls": 4, "kind": "float64"}
    assert after.state is not None and after.state["attributes"]["closes"] == [100.0, 101.0, 102.0, 103.0]


def test_changed_globals_survive_and_constants_do_not_travel(supervisor: Supervisor) -> None:
    source = a_strategy(
        "PERIOD = 14\nHISTORY = []\ncount = 0\n---\nglobal count\ncount += 1\nHISTORY.append(count)\n"
        "return {'symbol': 'B', 'action': 'HOLD', 'metadata': {'history': HISTORY}}"
    )
    loaded(supervisor, source)
    decide(supervisor)
    answer = decide(supervisor)
    assert isinstance(answer, Evaluated)
    assert answer.state == {"globals:main.py": {"HISTORY": [1, 2], "count": 2}}
    supervisor.spawn()
    supervisor.load(source, state=answer.state)
    after = decide(supervisor)
    assert isinstance(after, Evaluated)
    assert after.signals[0].metadata == {"history": [1, 2, 3]}


def test_a_pure_function_has_no_state(supervisor: Supervisor) -> None:
    supervisor.spawn()
    assert supervisor.load(a_strategy("LIMIT = 3\n---\nreturn []")) == Loaded(id=1, stateful=False)
    assert decide(supervisor) == Evaluated(id=2, signals=[])


def test_what_cannot_travel_is_named(supervisor: Supervisor) -> None:
    source = a_strategy(
        "from collections import deque\nrecent = deque(maxlen=5)\nseen = set()\nbig = []\n---\n"
        "recent.append(1)\nseen.add(1)\nbig.extend(range(40000))\nreturn []"
    )
    answer = decide(loaded(supervisor, source))
    assert isinstance(answer, Evaluated)
    assert (answer.state, answer.not_restorable) == (
        {"incomplete": {"big": None, "recent": None, "seen": None}},
        ("big", "recent", "seen"),
    )
