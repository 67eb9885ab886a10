"""What the author of a drawing may write, what is refused and how, and what an indicator may be fed with."""

import ast
import math
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from strategy_sandbox.workflow import indicators
from strategy_sandbox.workflow.indicators import (
    SOURCES,
    IndicatorError,
    PriceBar,
    indicator_codes,
    needs_prices,
    open_indicator,
    source_value,
)

OFFERED = re.findall(
    r"\w+",
    """
SMA EMA WMA VWMA HMA DEMA TEMA ZLEMA ALMA KAMA MAMA T3 FRAMA TRIMA VIDYA RSI STOCH STOCHRSI WILLIAMS CCI ROC MOM TSI UO
PPO PMO QQE RMI IFT_RSI LSMA BB ATR KC DC STDDEV VAR NATR TRANGE BBWIDTH SQUEEZE UI THERMO CHOP OBV VWAP AD CMF EMV FI
NVI PVI PVT VROC MFI VORTEX KVO MACD AO AC AROON BOP FISHER INERTIA KDJ PSAR ADX DMI DPO Ichimoku VolumeProfile
MarketStructure
""",
)


def a_bar(at: int = 0, close: float = 100.0, **changes: Any) -> PriceBar:
    values = {"open": close, "high": close + 2, "low": close - 1, "close": close, "volume": 10.0} | changes
    return PriceBar(open_time_ms=at * 3_600_000, **values)


def test_every_code_of_the_editor_is_there() -> None:
    assert set(indicator_codes()) == set(OFFERED)


@pytest.mark.parametrize("code", OFFERED)
def test_opens_with_the_editors_defaults(code: str) -> None:
    indicator = open_indicator(code, {})
    outputs = indicator.update(a_bar(), 100.0)
    assert len(outputs) == len(indicator.outputs)
    assert indicator.warm_up >= 1


@pytest.mark.parametrize(
    ("code", "outputs"),
    [
        ("SMA", ("value",)),
        ("BB", ("upper", "middle", "lower", "width")),
        ("MACD", ("macd", "signal", "histogram")),
        ("PPO", ("ppo", "signal", "histogram")),
        ("STOCH", ("k", "d")),
        ("STOCHRSI", ("k", "d")),
        ("KDJ", ("k", "d", "j")),
        ("ADX", ("adx", "di_plus", "di_minus")),
        ("DMI", ("dmi_plus", "dmi_minus", "adx")),
        ("AROON", ("aroon_up", "aroon_down")),
        ("VORTEX", ("vi_plus", "vi_minus")),
        ("TSI", ("tsi", "signal")),
        ("KC", ("upper", "middle", "lower")),
        ("DC", ("upper", "middle", "lower")),
        ("Ichimoku", ("tenkan", "kijun", "senkou_a", "senkou_b", "chikou")),
        ("VolumeProfile", ("poc", "vah", "val")),
        ("MarketStructure", ("higher_high", "lower_low", "support", "resistance")),
        *[(code, ("value", "signal")) for code in ("MAMA", "PMO", "QQE", "SQUEEZE", "THERMO", "KVO", "FISHER", "PSAR")],
    ],
)
def test_outputs_are_in_the_order_of_the_editors_ports(code: str, outputs: tuple[str, ...]) -> None:
    assert open_indicator(code, {}).outputs == outputs


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("sma", "SMA"),
        ("BOLLINGER", "BB"),
        ("Bollinger Bands", "BB"),
        ("BBANDS", "BB"),
        ("WILLR", "WILLIAMS"),
        ("williams_%r", "WILLIAMS"),
        ("Stochastic", "STOCH"),
        ("STOCH_RSI", "STOCHRSI"),
        ("PARABOLIC_SAR", "PSAR"),
        ("volume_profile", "VolumeProfile"),
        ("ICHIMOKU", "Ichimoku"),
        ("IFTRSI", "IFT_RSI"),
    ],
)
def test_other_spellings(spelling: str, code: str) -> None:
    assert open_indicator(spelling, {}).outputs == open_indicator(code, {}).outputs
    assert needs_prices(spelling) == needs_prices(code)


@pytest.mark.parametrize(
    ("code", "parameters", "sentence"),
    [
        ("SMA", {"period": 0}, "SMA: period must be a whole number from 1 to 1000, not 0"),
        ("SMA", {"period": 2.5}, "SMA: period must be a whole number from 1 to 1000, not 2.5"),
        ("SMA", {"period": 10**400}, "SMA: period must be a whole number"),
        ("SMA", {"period": math.nan}, "SMA: period must be a whole number"),
        ("SMA", {"period": math.inf}, "SMA: period must be a whole number"),
        ("RSI", {"period": 1}, "RSI: period must be a whole number from 2 to 1000, not 1"),
        ("RSI", {"period": "14"}, "RSI: period must be a number, not '14'"),
        ("RSI", {"period": True}, "RSI: period must be a number, not True"),
        ("BB", {"multiplier": 0}, "BB: multiplier must be a number from 0.01 to 100, not 0"),
        ("BB", {"multiplier": [2]}, r"BB: multiplier must be a number, not \[2\]"),
        ("MACD", {"fastPeriod": 26}, r"MACD: fastPeriod \(26\) must be less than slowPeriod \(26\)"),
        ("STOCH", {"kPeriod": -1}, "STOCH: kPeriod must be a whole number from 1 to 1000, not -1"),
        ("PSAR", {"acceleration": 2}, "PSAR: acceleration must be a number from 0.0001 to 1, not 2"),
        ("GUESS", {}, "indicator 'GUESS' is not known; known are SMA, EMA"),
        ("", {}, "indicator '' is not known"),
        (None, {}, "indicator None is not known"),
    ],
)
def test_refuses_with_a_sentence(code: Any, parameters: dict[str, Any], sentence: str) -> None:
    with pytest.raises(IndicatorError, match=sentence):
        open_indicator(code, parameters)


def test_takes_whole_floats_and_nulls_as_the_editor_stores_them() -> None:
    assert open_indicator("SMA", {"period": 14.0}).warm_up == 14
    assert open_indicator("SMA", {"period": None}).warm_up == 20


def test_reads_only_its_own_parameters() -> None:
    assert open_indicator("SMA", {"period": 3, "multiplier": "left over", "fastPeriod": -1}).warm_up == 3


@pytest.mark.parametrize("code", OFFERED)
def test_what_does_not_need_prices_is_fed_by_its_source_alone(code: str) -> None:
    if needs_prices(code):
        return
    one, other = open_indicator(code, {"period": 5}), open_indicator(code, {"period": 5})
    nothing = PriceBar(0, *[math.nan] * 5)
    for at in range(120):
        value = 100 + (at * 37 % 11)
        assert repr(one.update(a_bar(at), value)) == repr(other.update(nothing, value))


@pytest.mark.parametrize("code", [code for code in OFFERED if needs_prices(code) and code not in {"VWMA", "FRAMA"}])
def test_what_needs_prices_does_not_look_at_the_source(code: str) -> None:
    one, other = open_indicator(code, {"period": 5}), open_indicator(code, {"period": 5})
    for at in range(120):
        bar = a_bar(at, 100 + (at * 37 % 11))
        assert repr(one.update(bar, math.nan)) == repr(other.update(bar, bar.close))


def test_starts_anew_after_a_hole() -> None:
    broken, fresh = open_indicator("EMA", {"period": 3}), open_indicator("EMA", {"period": 3})
    for value in (1.0, 5.0, 2.0, 8.0, math.nan):
        (last,) = broken.update(a_bar(), value)
    assert math.isnan(last)
    for value in (4.0, 5.0, 6.0, 9.0):
        assert repr(broken.update(a_bar(), value)) == repr(fresh.update(a_bar(), value))


def test_starts_anew_when_a_level_grows_out_of_the_numbers() -> None:
    index = open_indicator("PVI", {})
    low, high = a_bar(close=1e-70, volume=1.0), a_bar(close=1e70, volume=2.0)
    levels = [index.update(bar, 0.0)[0] for bar in [low, high] * 3]
    assert [math.isnan(level) for level in levels] == [False] * 5 + [True]
    assert index.update(low, 0.0) == (1_000.0,)


def test_vwap_begins_anew_each_utc_day_and_is_undefined_without_volume() -> None:
    vwap = open_indicator("VWAP", {})
    flat = {"high": 100.0, "low": 100.0}
    assert math.isnan(vwap.update(a_bar(22, 100.0, **flat, volume=0.0), 0.0)[0])
    assert vwap.update(a_bar(23, 100.0, **flat), 0.0) == (100.0,)
    assert vwap.update(a_bar(24, 50.0, high=50.0, low=50.0), 0.0) == (50.0,)


def test_a_first_bar_without_volume_is_no_first_value() -> None:
    ease = open_indicator("EMV", {"period": 1})
    assert math.isnan(ease.update(a_bar(volume=0.0), 0.0)[0])
    assert ease.update(a_bar(1, volume=0.0), 0.0) == (0.0,)


def test_rounding_of_a_typical_price_is_no_move() -> None:
    """All bars have the typical price 0.2; in binary they differ in the last digit."""
    before, after = {"high": 0.3, "low": 0.1, "close": 0.2}, {"high": 0.4, "low": 0.1, "close": 0.1}
    assert sum(before.values()) / 3 != sum(after.values()) / 3
    channel, flow = open_indicator("CCI", {"period": 2}), open_indicator("MFI", {"period": 2})
    for at, prices in enumerate([before, after, before]):
        bar = a_bar(at, **prices)
        outputs = channel.update(bar, 0.0), flow.update(bar, 0.0)
    assert outputs == ((0.0,), (0.0,))


def test_a_swing_is_known_only_when_it_is_confirmed() -> None:
    structure = open_indicator("MarketStructure", {"period": 2})
    resistances = [
        structure.update(a_bar(at, close), 0.0)[3] for at, close in enumerate([10.0, 11, 15, 12, 11, 10, 9, 8])
    ]
    assert [math.isnan(level) for level in resistances[:4]] == [True] * 4
    assert resistances[4:] == [17.0] * 4


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("open", 4.0),
        ("high", 8.0),
        ("low", 2.0),
        ("close", 6.0),
        ("hl2", 5.0),
        ("hlc3", 16 / 3),
        ("ohlc4", 5.0),
        ("volume", 9.0),
    ],
)
def test_sources(name: str, value: float) -> None:
    assert source_value(PriceBar(0, 4.0, 8.0, 2.0, 6.0, 9.0), name) == value
    assert set(SOURCES) == {"close", "open", "high", "low", "hl2", "hlc3", "ohlc4", "volume"}


def test_needs_the_standard_library_alone() -> None:
    package = Path(indicators.__file__).parent
    for path in package.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                own = name.startswith("strategy_sandbox.workflow.indicators")
                assert own or name.split(".")[0] in sys.stdlib_module_names, f"{path.name} imports {name}"
