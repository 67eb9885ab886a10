"""What a runner is told, and when it has to be told anew."""

from typing import Any

import pytest

from strategy_contracts.resource import StrategySpec, TradingStrategy
from strategy_contracts.runner_config import GapPolicy, RepeatPolicy, RunnerConfig, decode_runner_config
from strategy_contracts.runner_config import encode_runner_config as encode
from strategy_contracts.signal import StrategySource, utc
from strategy_operator.runner_plan import grace_seconds, input_hash, runner_config_of, timing_hash

UID = "3f1c0d9e-0000-4000-8000-000000000001"
DIGEST = "sha256:" + "ab" * 32
WORKFLOW = "7B0E0C9E-1111-4222-8333-444455556666"


def a_spec(**changes: Any) -> StrategySpec:
    spec = {"source": {"inline": {"files": {"main.py": "x"}}}, "symbols": ["BTCUSDT"], "timeframe": "1m"}
    return StrategySpec.model_validate(spec | changes)


def config_of(spec: StrategySpec, **changes: Any) -> RunnerConfig:
    resource = TradingStrategy(metadata={"name": "rsi-dip", "namespace": "strategies", "uid": UID}, spec=spec)
    arguments = {"digest": DIGEST, "incarnation": 3, "evaluate_after": None} | changes
    return runner_config_of(resource, **arguments)


def test_the_defaults_of_the_resource_are_those_of_the_runner() -> None:
    expected = RunnerConfig(
        execution_id=UID,
        incarnation=3,
        namespace="strategies",
        name="rsi-dip",
        strategy_id="strategies/rsi-dip",
        strategy_source=StrategySource.INLINE,
        bundle_digest=DIGEST,
        symbols=("BTCUSDT",),
        timeframe="1m",  # type: ignore[arg-type]
    )
    assert config_of(a_spec()) == expected


def test_every_field_of_the_spec_reaches_the_runner() -> None:
    spec = a_spec(
        symbols=["BTCUSDT", "ETHUSDT"],
        executionMode="live",
        schedule={"intervalSeconds": 300, "provisionalBars": True},
        lookbackBars=50,
        marketData={
            "provider": "replay",
            "fallback": ["mock"],
            "onGap": "Hold",
            "maxAgeSeconds": 5,
            "alignWaitSeconds": 1,
        },
        signals={
            "cooldownSeconds": 0,
            "minConfidence": 0.5,
            "maxRiskScore": 0.9,
            "repeat": "Always",
            "emitHold": True,
            "maxPositionSize": 0.2,
            "maxDailyLoss": 0.1,
            "maxPerMinute": 6,
            "expirySeconds": 60,
            "maxLatenessSeconds": 120,
            "stopLossPercentage": 0.02,
            "takeProfitPercentage": 0.05,
        },
        limits={"memory": "1Gi", "executionTimeoutSeconds": 5, "loadTimeoutSeconds": 3},
        owner={"userId": "42", "subject": "alice"},
        runner={"requireIsolation": ["landlock"]},
    )
    moment = utc(1_700_000_000_123)
    config = config_of(spec, evaluate_after=moment)
    assert (config.symbols, config.execution_mode, config.owner) == (("BTCUSDT", "ETHUSDT"), "live", "42")
    assert (config.schedule.interval_seconds, config.schedule.provisional_bars) == (300, True)
    assert (config.market_data.provider, config.market_data.fallback) == ("replay", ("mock",))
    assert (config.market_data.on_gap, config.signals.repeat) == (GapPolicy.HOLD, RepeatPolicy.ALWAYS)
    assert (config.signals.max_per_minute, config.signals.stop_loss_percentage) == (6, 0.02)
    assert (config.limits.memory_bytes, config.limits.load_timeout_seconds) == (2**30, 3)
    assert (config.lookback_bars, config.require_isolation) == (50, ("landlock",))
    assert config.evaluate_after_ms == 1_700_000_000_123
    assert decode_runner_config(encode(config)) == config


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"noCode": {"workflowId": WORKFLOW}}, (StrategySource.NO_CODE, WORKFLOW.lower())),
        ({"aiMl": {"strategyId": WORKFLOW}}, (StrategySource.AI_ML, WORKFLOW.lower())),
        ({"configMap": {"name": "code"}}, (StrategySource.CONFIG_MAP, "strategies/rsi-dip")),
    ],
)
def test_signals_name_the_strategy_as_its_source_does(source: dict[str, Any], expected: tuple[str, str]) -> None:
    config = config_of(a_spec(source=source))
    assert (config.strategy_source, config.strategy_id) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"updatePolicy": "Manual"},
        {"suspend": True},
        {"parameters": {"a": 1}},
        {"lookbackBars": 200},
        {"limits": {"memory": "512Mi"}},
        {"marketData": {"provider": "binance"}},
    ],
    ids=str,
)
def test_these_leave_the_pod_as_it_is(changes: dict[str, Any]) -> None:
    """Written out or not, a default is a default: an upgrade that adds one must not replace a thousand pods."""
    assert input_hash(a_spec(**changes), DIGEST) == input_hash(a_spec(), DIGEST)


@pytest.mark.parametrize(
    "changes",
    [
        {"symbols": ["ETHUSDT"]},
        {"symbols": ["BTCUSDT", "ETHUSDT"]},
        {"timeframe": "5m"},
        {"executionMode": "live"},
        {"schedule": {"intervalSeconds": 60}},
        {"lookbackBars": 201},
        {"marketData": {"provider": "mock"}},
        {"signals": {"cooldownSeconds": 0}},
        {"limits": {"cpu": "1"}},
        {"runner": {"strategyImage": "mine:1"}},
    ],
    ids=str,
)
def test_these_replace_the_pod(changes: dict[str, Any]) -> None:
    assert input_hash(a_spec(**changes), DIGEST) != input_hash(a_spec(), DIGEST)


def test_another_bundle_replaces_the_pod() -> None:
    assert input_hash(a_spec(), DIGEST) != input_hash(a_spec(), DIGEST.replace("ab", "cd"))


def test_the_hash_is_the_same_in_every_version() -> None:
    """If this fails, an upgrade would replace every running pod: find out why before changing the number."""
    assert input_hash(a_spec(), DIGEST) == "b1cc13ec81be9ce9"
    assert timing_hash(a_spec()) == "86875d39ef56d85e"


@pytest.mark.parametrize(("timeout", "expected"), [(0.5, 21), (30, 50), (300, 320)])
def test_the_grace_covers_an_evaluation(timeout: float, expected: int) -> None:
    assert grace_seconds(a_spec(limits={"executionTimeoutSeconds": timeout})) == expected
