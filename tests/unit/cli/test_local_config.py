"""Options over manifest over the cluster's defaults."""

import argparse
from pathlib import Path
from typing import Any

import pytest

from builders import DIGEST
from strategy_contracts.runner_config import RepeatPolicy, Schedule, SignalRules
from strategy_contracts.timeframe import Timeframe
from strategyctl.errors import UnusableInput
from strategyctl.local_config import local_config, read_parameters
from strategyctl.strategy_files import StrategyFiles


def options(**given: Any) -> argparse.Namespace:
    return argparse.Namespace(**({"symbols": ("BTCUSDT",), "timeframe": "1m", "lookback": None} | given))


def a_strategy(**spec: Any) -> StrategyFiles:
    return StrategyFiles(name="dip", files={"main.py": ""}, main_file="main.py", spec=spec)


def test_what_nobody_says_is_as_in_a_cluster() -> None:
    config = local_config(options(), a_strategy(), DIGEST)
    assert (config.symbols, config.timeframe, config.lookback_bars) == (("BTCUSDT",), Timeframe.M1, 200)
    assert config.signals == SignalRules()
    assert (config.execution_id, config.incarnation, config.market_data.provider) == ("local/dip", 1, "csv")


def test_a_manifest_is_taken_over() -> None:
    spec = {
        "symbols": ("ETHUSDT",),
        "timeframe": Timeframe.H1,
        "lookback_bars": 20,
        "schedule": {"interval_seconds": 300, "provisional_bars": True},
        "signals": {"repeat": RepeatPolicy.ALWAYS, "cooldown_seconds": 0.0},
        "market_data": {"provider": "binance", "on_gap": "Hold", "max_age_seconds": 5.0},
        "limits": {"memory": "256Mi", "execution_timeout_seconds": 3.0},
    }
    config = local_config(options(symbols=None, timeframe=None), a_strategy(**spec), DIGEST)
    assert (config.symbols, config.timeframe, config.lookback_bars) == (("ETHUSDT",), Timeframe.H1, 20)
    assert config.schedule == Schedule(interval_seconds=300, provisional_bars=True)
    assert config.signals == SignalRules(repeat=RepeatPolicy.ALWAYS, cooldown_seconds=0)
    assert (config.market_data.provider, config.market_data.on_gap) == ("csv", "Hold")
    assert (config.limits.memory_bytes, config.limits.execution_timeout_seconds) == (256 * 2**20, 3.0)


def test_options_win_over_the_manifest() -> None:
    spec = {"symbols": ("ETHUSDT",), "timeframe": Timeframe.H1, "lookback_bars": 20}
    config = local_config(options(lookback=30), a_strategy(**spec), DIGEST)
    assert (config.symbols, config.timeframe, config.lookback_bars) == (("BTCUSDT",), Timeframe.M1, 30)


@pytest.mark.parametrize(
    ("given", "spec", "sentence"),
    [
        pytest.param({"symbols": ()}, {}, "--symbols: name at least one", id="no symbol"),
        pytest.param({"timeframe": None}, {}, "--timeframe: one of 1m 5m 15m", id="no timeframe"),
        pytest.param({"timeframe": "2m"}, {}, "--timeframe: one of 1m 5m 15m", id="no such timeframe"),
        pytest.param({"lookback": 1}, {}, "--lookback: between 10 and 5000", id="too few bars"),
        pytest.param({}, {"limits": {"memory": "much"}}, "spec.limits.memory: 'much'", id="an amount that is none"),
    ],
)
def test_what_cannot_be_run_is_told(given: dict[str, Any], spec: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UnusableInput) as caught:
        local_config(options(**given), a_strategy(**spec), DIGEST)
    assert sentence in str(caught.value)


def test_parameters_are_merged_over_the_manifests() -> None:
    strategy = a_strategy(parameters={"period": 7, "low": 30})
    assert read_parameters(None, strategy) == {"period": 7, "low": 30}
    assert read_parameters('{"period": 9}', strategy) == {"period": 9, "low": 30}


def test_parameters_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"period": 3}')
    assert read_parameters(f"@{tmp_path / 'p.json'}", a_strategy()) == {"period": 3}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("{period: 3}", "--parameters: not JSON", id="no JSON"),
        pytest.param("[1]", "--parameters: must be a JSON object", id="no object"),
        pytest.param("@/none.json", "--parameters @/none.json: No such file", id="no file"),
    ],
)
def test_parameters_that_cannot_be_used(text: str, sentence: str) -> None:
    with pytest.raises(UnusableInput) as caught:
        read_parameters(text, a_strategy())
    assert sentence in str(caught.value)
