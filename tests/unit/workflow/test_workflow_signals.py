"""The signals of drawings against references written out by hand, on candles of our own and on recorded ones."""

import csv
import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

from strategy_contracts.bar import Bar
from workflow_runs import WorkflowWorker, bars_of

ROOT = Path(__file__).parents[3]
RECORDED = ROOT.parent / "shared" / "market_data" / "BTCUSDT-1m-20230301-20230307.csv"


def example(name: str) -> dict[str, Any]:
    drawing: dict[str, Any] = json.loads((ROOT / "examples" / "workflows" / f"{name}.json").read_text())
    return drawing


def own_candles() -> list[Bar]:
    """Seeded, with runs in both directions: enough for every rule to fire."""
    dice = random.Random(7)
    closes, drift = [100.0], 0.0
    for place in range(900):
        if place % 45 == 0:
            drift = dice.uniform(-0.002, 0.002)
        closes.append(closes[-1] * (1 + drift + dice.gauss(0, 0.001)))
    return bars_of(closes, spread=0.05)


def recorded_candles() -> list[Bar]:
    with RECORDED.open(newline="") as lines:
        rows = list(csv.DictReader(lines))[:3000]
    return [
        Bar(int(row["open_time"]), *(float(row[name]) for name in ("open", "high", "low", "close", "volume")))
        for row in rows
    ]


CANDLES = [
    pytest.param(own_candles, id="candles of our own"),
    pytest.param(
        recorded_candles,
        id="recorded candles",
        marks=pytest.mark.skipif(not RECORDED.exists(), reason="the recorded candles are not here"),
    ),
]


def wilder_rsi(closes: list[float], period: int) -> list[float]:
    """Wilder 1978, as TA-Lib computes it."""
    result = [math.nan] * len(closes)
    gain = loss = 0.0
    for place in range(1, len(closes)):
        change = closes[place] - closes[place - 1]
        up, down = max(change, 0.0), max(-change, 0.0)
        if place <= period:
            gain, loss = gain + up / period, loss + down / period
        else:
            gain, loss = (gain * (period - 1) + up) / period, (loss * (period - 1) + down) / period
        if place >= period:
            result[place] = 100 * gain / (gain + loss) if gain + loss else 0.0
    return result


def average(values: list[float], period: int) -> list[float]:
    """EMA begun with the simple mean."""
    result = [math.nan] * len(values)
    first = next((place for place, value in enumerate(values) if not math.isnan(value)), len(values))
    start = first + period - 1
    if start < len(values):
        result[start] = sum(values[first : start + 1]) / period
        for place in range(start + 1, len(values)):
            result[place] = result[place - 1] + (values[place] - result[place - 1]) * 2 / (period + 1)
    return result


@pytest.mark.parametrize("candles", CANDLES)
def test_rsi_dip_says_what_its_reference_says(candles: Any) -> None:
    bars = candles()
    rsi = wilder_rsi([bar.close for bar in bars], 14)
    expected = []
    for place, value in enumerate(rsi):
        if value < 30:
            expected.append((place, "BUY"))
        if value > 55:
            expected.append((place, "CLOSE_LONG"))
    assert WorkflowWorker(example("rsi-dip")).signals(bars) == expected
    assert {action for _, action in expected} == {"BUY", "CLOSE_LONG"}


@pytest.mark.parametrize("candles", CANDLES)
def test_macd_cross_says_what_its_reference_says(candles: Any) -> None:
    bars = candles()
    closes = [bar.close for bar in bars]
    # TA-Lib begins both averages so that the fast one's first value falls on the slow one's.
    slow = average(closes, 26)
    fast = [math.nan] * 25 + average_from(closes, 12, 25)
    line = [a - b for a, b in zip(fast, slow, strict=True)]
    signal = average(line, 9)
    trend = average(closes, 50)
    expected = []
    for place in range(34, len(bars)):
        before, now = line[place - 1] - signal[place - 1], line[place] - signal[place]
        calm = abs(closes[place] / closes[place - 1] - 1) * 100 <= 0.2
        if before <= 0 < now and closes[place] > trend[place] and calm:
            expected.append((place, "BUY"))
        if before >= 0 > now:
            expected.append((place, "CLOSE_ALL"))
    assert WorkflowWorker(example("macd-cross")).signals(bars) == expected
    assert {action for _, action in expected} == {"BUY", "CLOSE_ALL"}


def average_from(values: list[float], period: int, place: int) -> list[float]:
    """EMA whose first value, the mean of the period, stands at `place`."""
    result = [sum(values[place - period + 1 : place + 1]) / period]
    for value in values[place + 1 :]:
        result.append(result[-1] + (value - result[-1]) * 2 / (period + 1))
    return result


def test_the_decision_carries_what_was_drawn() -> None:
    bars = own_candles()
    worker = WorkflowWorker(example("macd-cross"))
    candidate = next(
        candidate for bar in bars for candidate in worker.evaluate({"BTCUSDT": [bar]}) if candidate.action == "BUY"
    )
    price = candidate.current_price
    assert price is not None
    assert candidate.order_type == "LIMIT"
    assert candidate.quantity == 0.25
    assert candidate.time_in_force == "GTC"
    assert candidate.price_target == pytest.approx(price * 0.999)
    assert candidate.stop_loss == pytest.approx(price * 0.999 * 0.99)
    assert candidate.take_profit == pytest.approx(price * 0.999 * 1.02)
    assert candidate.metadata == {
        "node": "action-1754030004000",
        "label": "Buy with the trend",
        "drawn_action": "BUY_LIMIT",
    }


@pytest.mark.parametrize("every", [1, 50])
@pytest.mark.parametrize("name", ["rsi-dip", "macd-cross"])
def test_a_killed_worker_goes_on_as_if_nothing_had_happened(name: str, every: int) -> None:
    bars = own_candles()[:400]
    undisturbed = WorkflowWorker(example(name), lookback=60)
    disturbed = WorkflowWorker(example(name), lookback=60)
    for place, bar in enumerate(bars):
        assert disturbed.evaluate({"BTCUSDT": [bar]}) == undisturbed.evaluate({"BTCUSDT": [bar]}), place
        if place % every == 0:
            disturbed.kill()
