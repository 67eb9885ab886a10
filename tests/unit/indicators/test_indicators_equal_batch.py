"""One bar at a time gives what the textbook formula gives on the whole column: on walks, flat markets, steps and
spikes, at any scale, with holes in the data, for any parameters; and a snapshot in the middle changes nothing."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategy_sandbox.workflow.indicators import indicator_codes, open_indicator
from unit.indicators.indicator_runs import BATCH, Run, a_history, bars, batch, run, runs

CODES = indicator_codes()
SCALE_FREE = {"PPO", "TSI", "PMO", "ROC", "UI", "IFT_RSI"}


def test_every_code_has_a_batch_formula() -> None:
    assert set(BATCH) == set(CODES)


@pytest.mark.parametrize("code", CODES)
@given(of=runs())
@settings(max_examples=15, deadline=None)
def test_equals_its_batch_formula(code: str, of: Run) -> None:
    ours = run(open_indicator(code, of.settings.as_drawn), of.history)
    expected = batch(code, of.history, of.settings)
    level = largest(of.history.high)
    for mine, other in zip(ours, expected, strict=False):  # PSAR's signal has no batch formula
        defined = ~np.isnan(other)
        assert (np.isnan(mine) == ~defined).all()
        near = 1e-9 * largest(other) + 1e-12 * (100 if code in SCALE_FREE else level)
        assert (np.abs(mine - other)[defined] <= near).all()


def largest(column: np.ndarray) -> float:
    sane = np.abs(column[np.abs(column) <= 1e75])
    return float(sane.max()) if len(sane) else 0.0


@pytest.mark.parametrize("code", CODES)
@given(of=runs(), cut=st.integers(0, 200))
@settings(max_examples=8, deadline=None)
def test_continues_from_a_snapshot_as_if_nothing_had_happened(code: str, of: Run, cut: int) -> None:
    through, resumed = (open_indicator(code, of.settings.as_drawn) for _ in range(2))
    steps = list(bars(of.history))
    for bar, value in steps[:cut]:
        through.update(bar, value)
    resumed.restore(json.loads(json.dumps(through.snapshot(), allow_nan=False)))
    for bar, value in steps[cut:]:
        assert repr(through.update(bar, value)) == repr(resumed.update(bar, value))


@pytest.mark.parametrize("code", CODES)
def test_warm_up_is_the_first_bar_on_which_every_output_is_defined(code: str) -> None:
    history = a_history(7, 200)
    history = replace(history, volume=history.volume + 1)  # without any, a volume-weighted price is not defined
    for period in (2, 3, 7, 20):
        indicator = open_indicator(code, {"period": period})
        outputs = run(indicator, history)
        first = int(np.argmax(~np.isnan(outputs).any(axis=0))) + 1
        assert outputs.shape[0] == len(indicator.outputs)
        if code == "MarketStructure":  # the market decides when it swings
            assert first >= indicator.warm_up
        else:
            assert first == indicator.warm_up


@pytest.mark.parametrize("code", CODES)
def test_a_snapshot_is_small_and_does_not_grow(code: str) -> None:
    indicator = open_indicator(code, {})
    sizes = []
    for bar, value in bars(a_history(3, 300)):
        indicator.update(bar, value)
        sizes.append(len(json.dumps(indicator.snapshot())))
    assert max(sizes) < 4_096
    assert max(sizes[150:]) <= 1.5 * max(sizes[:150])


def test_a_constant_market_has_no_variance_and_is_its_own_average() -> None:
    price = 0.1 + 0.2
    history = a_history(1, 300, "constant")
    for column in (history.open, history.high, history.low, history.close, history.value):
        column[:] = price
    for code in ("VAR", "STDDEV", "BBWIDTH", "TRANGE", "ATR", "MACD", "UI", "MOM"):
        for period in (7, 49):
            assert set(run(open_indicator(code, {"period": period}), history)[0][-200:]) == {0.0}, code
    for code in ("SMA", "EMA", "WMA", "DEMA", "TEMA", "T3", "HMA", "ZLEMA", "ALMA", "KAMA", "TRIMA", "LSMA", "VIDYA"):
        for period in (7, 49):
            last = run(open_indicator(code, {"period": period}), history)[0][-1]
            assert last == price or math.isnan(last), code
