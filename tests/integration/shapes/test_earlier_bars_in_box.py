"""The comparison a run makes before its first live bar, in a real worker: what it finds, what it leaves alone."""

from collections.abc import Sequence

import pytest

from shape_runs import entry_point_of, files_of
from shape_samples import ALL, Sample, twin_bars
from strategy_contracts.bar import Bar
from strategy_contracts.worker_protocol import NEWEST_BAR_ONLY, Evaluate, Evaluated, Failed, Load, Loaded, LookAhead
from warden_client import Supervisor

BARS = twin_bars(200)
NEXT_BAR = """
class Peek:
    def execute(self, df):
        df["signal"] = (df["close"].shift(-1) > df["close"] + 1).astype(int)
        return df
"""
FILLED_BACK = """
def compute_indicators(df):
    df = df.copy()
    df["mean"] = df["close"].rolling(50).mean().bfill()
    return df


def generate_trading_decisions(df):
    df["decision"] = (df["close"] > df["mean"]).map({True: "BUY", False: "HOLD"})
    return df
"""
NORMALISED = """
class Scores:
    def execute(self, df):
        score = (df["close"] - df["close"].mean()) / df["close"].std()
        df["signal"] = (score > 1).astype(int)
        return df
"""
NEXT_TRADE = """
for i in range(1, len(data) - 1):
    if data["close"].iloc[i + 1] > data["close"].iloc[i] + 1:
        trades.append({"timestamp": data.index[i], "symbol": config["symbols"][0], "side": "BUY", "quantity": 1})
"""
COUNTING = """
class Counter:
    def __init__(self):
        self.calls = 0

    def execute(self, df):
        self.calls += 1
        df["signal"] = 0
        return df
"""
KEEPING = COUNTING.replace("self.calls = 0", "self.calls = 0\n        self.seen = set()").replace(
    "self.calls += 1", "self.seen.add(len(df))"
)


def decide(supervisor: Supervisor, number: int, bars: Sequence[Bar]) -> Evaluated:
    at_ms = bars[-1].open_time + 60_000
    answer = supervisor.ask(Evaluate(id=number, evaluation_time_ms=at_ms, bars={"BTCUSDT": list(bars)}))
    assert isinstance(answer, Evaluated), answer
    return answer


def start(supervisor: Supervisor, files: dict[str, str]) -> Evaluated:
    supervisor.spawn()
    fields = {"parameters": {}, "symbols": ("BTCUSDT",), "timeframe": "1m", "lookback_bars": 200}
    load = Load(id=1, files=files, entry_point=entry_point_of(files), **fields)
    assert isinstance(supervisor.ask(load), Loaded)
    return decide(supervisor, 2, BARS[:-1])


def compare(supervisor: Supervisor, seconds: float = 30.0) -> LookAhead:
    at_ms = BARS[-1].open_time
    answer = supervisor.ask(Evaluate(id=3, evaluation_time_ms=at_ms, bars={}, compare_seconds=seconds))
    assert isinstance(answer, Evaluated), answer
    assert (answer.signals, answer.state) == ([], None)
    assert answer.look_ahead is not None
    return answer.look_ahead


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(NEXT_BAR, id="D: shift(-1)"),
        pytest.param(FILLED_BACK, id="A: bfill"),
        pytest.param(NORMALISED, id="D: normalised over the whole series"),
        pytest.param(NEXT_TRADE, id="L: a trade at the bar before a rise"),
    ],
)
def test_look_ahead_is_found_in_a_run(supervisor: Supervisor, source: str) -> None:
    start(supervisor, {"main.py": source})
    found = compare(supervisor)
    assert 0 < found.differing <= found.compared <= 32
    assert found.symbol == "BTCUSDT"
    assert found.open_time_ms in {bar.open_time for bar in BARS}
    assert found.known != found.whole
    assert not found.state_changed


@pytest.mark.parametrize(
    "sample",
    [sample for sample in ALL if entry_point_of(files_of(sample.file)).shape.answers_every_bar],
    ids=lambda sample: sample.path,
)
def test_no_sample_is_suspected_and_each_goes_on_as_if_it_had_not_been_asked(
    supervisor: Supervisor, sample: Sample
) -> None:
    files = files_of(sample.file)
    start(supervisor, files)
    undisturbed = decide(supervisor, 4, BARS[-1:])
    start(supervisor, files)
    found = compare(supervisor)
    assert (found.differing, found.state_changed) == (0, False)
    assert found.compared == 32 or (found.not_compared or "").endswith(NEWEST_BAR_ONLY)
    assert decide(supervisor, 4, BARS[-1:]) == undisturbed


@pytest.mark.parametrize(
    ("source", "reason", "changed"),
    [
        pytest.param(COUNTING, "it remembers what it was asked before", True, id="counts its calls"),
        pytest.param(KEEPING, "it keeps what cannot be compared: seen", False, id="keeps a set"),
    ],
)
def test_a_strategy_that_remembers_is_not_compared_and_that_is_said(
    supervisor: Supervisor, source: str, reason: str, changed: bool
) -> None:
    start(supervisor, {"main.py": source})
    assert compare(supervisor) == LookAhead(not_compared=reason, state_changed=changed)


def test_a_comparison_without_time_compares_nothing(supervisor: Supervisor) -> None:
    start(supervisor, {"main.py": NEXT_BAR})
    assert compare(supervisor, seconds=0.0) == LookAhead(compared=0)


def test_what_sees_no_later_bar_is_not_compared(supervisor: Supervisor) -> None:
    start(supervisor, {"main.py": "def generate_signals(data, parameters):\n    return []\n"})
    answer = supervisor.ask(Evaluate(id=3, evaluation_time_ms=BARS[-1].open_time, bars={}, compare_seconds=1.0))
    assert isinstance(answer, Failed) and answer.message.endswith(NEWEST_BAR_ONLY)
