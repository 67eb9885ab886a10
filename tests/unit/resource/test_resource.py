"""The models read and write the resource as the API server holds it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from strategy_contracts.resource import (
    API_VERSION,
    BundleStatus,
    Condition,
    ConditionStatus,
    Phase,
    StrategySpec,
    StrategyStatus,
    TradingStrategy,
)
from strategy_contracts.timeframe import Timeframe

FULL: dict[str, Any] = {
    "source": {"configMap": {"name": "rsi", "mainFile": "strategy.py"}, "pinDigest": "sha256:" + "ab" * 32},
    "symbols": ["BTCUSDT", "ETHUSDT"],
    "timeframe": "1m",
    "executionMode": "live",
    "schedule": {"intervalSeconds": 300, "provisionalBars": True},
    "parameters": {"rsi_period": 14, "nested": {"a": [1, 2.5, None]}},
    "lookbackBars": 50,
    "marketData": {
        "provider": "replay",
        "fallback": ["mock"],
        "onGap": "Hold",
        "maxAgeSeconds": 5.0,
        "alignWaitSeconds": 0.5,
    },
    "signals": {
        "cooldownSeconds": 0.0,
        "minConfidence": 0.5,
        "maxRiskScore": 0.9,
        "repeat": "Always",
        "emitHold": True,
        "maxPositionSize": 0.2,
        "maxDailyLoss": 0.1,
        "maxPerMinute": 6,
        "expirySeconds": 60.0,
        "maxLatenessSeconds": 120.0,
        "stopLossPercentage": 0.02,
        "takeProfitPercentage": 0.05,
    },
    "limits": {"memory": "256Mi", "cpu": "500m", "executionTimeoutSeconds": 1.5, "loadTimeoutSeconds": 3.0},
    "updatePolicy": "Manual",
    "failover": "Never",
    "owner": {"userId": "42", "subject": "alice"},
    "suspend": True,
    "runner": {
        "requireIsolation": ["landlock"],
        "strategyImage": "registry.example/strategy:1",
        "runtimeClassName": "gvisor",
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "spot", "operator": "Exists", "effect": "NoSchedule"}],
        "priorityClassName": "low",
    },
}


def test_a_spec_with_every_field_comes_back_unchanged() -> None:
    spec = StrategySpec.model_validate(FULL)
    assert spec.model_dump(mode="json", by_alias=True, exclude_none=True) == FULL


def test_python_names_work_too() -> None:
    spec = StrategySpec.model_validate({"source": {"no_code": {"workflow_id": "7b0e0c9e-1111-4222-8333-444455556666"}}})
    assert spec.source.no_code is not None
    assert spec.timeframe is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"symbol": "BTCUSDT"}, "symbol", id="a field nobody knows"),
        pytest.param({"symbols": []}, "symbols", id="an empty list of symbols"),
        pytest.param({"symbols": ["BTC USDT"]}, "symbols", id="a symbol with a space"),
        pytest.param({"timeframe": "2m"}, "timeframe", id="a timeframe nobody publishes"),
        pytest.param({"lookbackBars": 5}, "lookbackBars", id="too few bars"),
        pytest.param({"limits": {"executionTimeoutSeconds": -1}}, "executionTimeoutSeconds", id="a negative limit"),
    ],
)
def test_a_wrong_spec_is_refused_by_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        StrategySpec.model_validate(FULL | change)


def test_a_manifest_has_no_status_and_no_nulls() -> None:
    resource = TradingStrategy(
        metadata={"name": "rsi-dip"},
        spec=StrategySpec.model_validate(
            {"source": {"inline": {"files": {"main.py": "x"}}}, "symbols": ["BTCUSDT"], "timeframe": "1h"}
        ),
    )
    manifest = resource.manifest()
    assert manifest.keys() == {"apiVersion", "kind", "metadata", "spec"}
    assert manifest["apiVersion"] == API_VERSION
    assert manifest["spec"]["source"] == {"inline": {"files": {"main.py": "x"}, "mainFile": "main.py"}}
    assert "parameters" not in manifest["spec"]


def test_a_status_of_a_newer_operator_can_be_read() -> None:
    status = StrategyStatus.model_validate({"phase": "Running", "timeframe": "1m", "invented": {"later": 1}})
    assert (status.phase, status.timeframe) == (Phase.RUNNING, Timeframe.M1)


def test_conditions_are_found_by_type() -> None:
    condition = Condition(
        type="Ready",
        status=ConditionStatus.TRUE,
        reason="Running",
        last_transition_time=datetime(2026, 1, 1, tzinfo=UTC),
    )
    status = StrategyStatus(conditions=(condition,), bundle=BundleStatus(digest="sha256:" + "00" * 32))
    assert status.condition("Ready") == condition
    assert status.condition("MarketDataFresh") is None
    assert StrategyStatus.model_validate_json(status.model_dump_json(by_alias=True, exclude_none=True)) == status
