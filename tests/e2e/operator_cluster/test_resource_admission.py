"""`kubectl apply` of a wrong resource is refused by the API server itself, with a sentence that names the field."""

import copy
import json
from typing import Any

import pytest

from stack.kubectl import Kubectl, KubectlError

pytestmark = pytest.mark.e2e

CODE = "def generate_signals(data, parameters):\n    return []\n"
REMOVED = object()


def a_resource(**changes: Any) -> dict[str, Any]:
    """A resource that is right, but for the changes: dotted paths under spec."""
    resource: dict[str, Any] = {
        "apiVersion": "trading.alphintra.io/v1alpha1",
        "kind": "TradingStrategy",
        "metadata": {"name": "candidate"},
        "spec": {"source": {"inline": {"files": {"main.py": CODE}}}, "symbols": ["BTCUSDT"], "timeframe": "1m"},
    }
    for path, value in changes.items():
        *parents, last = path.split(".")
        part = resource["spec"]
        for parent in parents:
            part = part.setdefault(parent, {})
        if value is REMOVED:
            del part[last]
        else:
            part[last] = copy.deepcopy(value)
    return resource


async def apply(kubectl: Kubectl, resource: dict[str, Any]) -> None:
    """As a user does it: client-side apply with kubectl's strict validation."""
    await kubectl("apply", "-f", "-", stdin=json.dumps(resource))


UUID = "7b0e0c9e-1111-4222-8333-444455556666"
WRONG = [
    pytest.param({"symbols": REMOVED}, "spec.symbols: name at least one", id="no symbol"),
    pytest.param({"symbols": []}, "spec.symbols", id="an empty list of symbols"),
    pytest.param({"symbols": ["BTCUSDT", "BTCUSDT"]}, "spec.symbols[1]: Duplicate value", id="a symbol twice"),
    pytest.param({"symbols": ["BTC USDT"]}, "spec.symbols[0]", id="a symbol with a space"),
    pytest.param({"symbols": [f"S{i}" for i in range(51)]}, "spec.symbols", id="51 symbols"),
    pytest.param({"source": {}}, "spec.source: give exactly one of", id="no source"),
    pytest.param({"source.noCode": {"workflowId": UUID}}, "spec.source: give exactly one of", id="two sources"),
    pytest.param({"source": {"noCode": {"workflowId": "7"}}}, "spec.source.noCode.workflowId", id="not a uuid"),
    pytest.param(
        {"source.inline.workflow": {"nodes": []}}, "spec.source.inline: give exactly one", id="files and drawing"
    ),
    pytest.param(
        {"source.inline.mainFile": "other.py"}, "spec.source.inline.mainFile", id="a main file that is not there"
    ),
    pytest.param(
        {"source.inline.files": {"main.py": "#" * 100_000, "b.py": "#" * 100_000}},
        "spec.source.inline.files: the files are larger than 192 KiB",
        id="200 KB of files",
    ),
    pytest.param({"timeframe": "2m"}, "spec.timeframe: Unsupported value", id="a timeframe nobody publishes"),
    pytest.param({"timeframe": REMOVED}, "spec.timeframe: one of 1m 5m", id="no timeframe"),
    pytest.param({"executionMode": "backtest"}, "spec.executionMode: backtest is not supported", id="backtest"),
    pytest.param({"executionMode": "papr"}, "spec.executionMode: Unsupported value", id="an unknown mode"),
    pytest.param({"schedule": {}}, "spec.schedule: give exactly one of", id="an empty schedule"),
    pytest.param(
        {"schedule": {"onBarClose": True, "intervalSeconds": 60}},
        "spec.schedule: give exactly one of",
        id="two schedules",
    ),
    pytest.param(
        {"schedule": {"onBarClose": True, "provisionalBars": True}},
        "spec.schedule.provisionalBars: only together with intervalSeconds",
        id="provisional bars at a bar close",
    ),
    pytest.param({"lookbackBars": 5001}, "spec.lookbackBars", id="too long a lookback"),
    pytest.param({"limits": {"memory": "64Mi"}}, "spec.limits.memory: at least 192Mi", id="too little memory"),
    pytest.param({"limits": {"memory": "-512Mi"}}, "spec.limits.memory: at least 192Mi", id="negative memory"),
    pytest.param({"limits": {"memory": "lots"}}, "spec.limits.memory: not a quantity", id="memory in words"),
    pytest.param({"limits": {"cpu": "-1"}}, "spec.limits.cpu", id="negative cpu"),
    pytest.param(
        {"limits": {"executionTimeoutSeconds": -1}}, "spec.limits.executionTimeoutSeconds", id="a negative timeout"
    ),
    pytest.param({"signals": {"maxRiskScore": 1.5}}, "spec.signals.maxRiskScore", id="a fraction above 1"),
    pytest.param(
        {"signals": {"repeat": "Sometimes"}}, "spec.signals.repeat: Unsupported value", id="an unknown repeat"
    ),
    pytest.param({"failover": "Fast"}, "spec.failover", id="a failover that is not built"),
    pytest.param({"owner": {}}, "spec.owner", id="an owner without a name"),
    pytest.param({"symbol": "BTCUSDT"}, 'unknown field "spec.symbol"', id="a field nobody knows"),
    pytest.param({"runner": {"image": "x"}}, 'unknown field "spec.runner.image"', id="an unknown field further down"),
]


@pytest.mark.parametrize(("changes", "sentence"), WRONG)
async def test_a_wrong_resource_is_refused(kubectl: Kubectl, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(KubectlError) as refused:
        await apply(kubectl, a_resource(**changes))
    assert sentence in str(refused.value)


RIGHT = [
    pytest.param({}, id="the smallest"),
    pytest.param({"symbols": [f"S{i}" for i in range(50)]}, id="50 symbols"),
    pytest.param({"symbols": ["BTC/USDT", "^GSPC", "EURUSD=X", "BRK.B", "BTC-USD"]}, id="spellings of other markets"),
    pytest.param({"source.inline.files": {"main.py": CODE, "b.py": "#" * 190_000}}, id="just below 192 KiB"),
    pytest.param(
        {"source": {"noCode": {"workflowId": UUID}}, "symbols": REMOVED, "timeframe": REMOVED},
        id="a workflow names its own symbols",
    ),
    pytest.param({"limits": {"memory": "1Gi", "cpu": "1"}}, id="more memory"),
    pytest.param({"schedule": {"intervalSeconds": 300, "provisionalBars": True}}, id="every five minutes"),
    pytest.param({"parameters": {"rsi_period": 14, "nested": {"a": [1, "b"]}}}, id="free parameters"),
]


@pytest.mark.parametrize("changes", RIGHT)
async def test_a_right_resource_is_taken(kubectl: Kubectl, changes: dict[str, Any]) -> None:
    await apply(kubectl, a_resource(**changes))


async def test_defaults_are_stored_with_the_object(kubectl: Kubectl) -> None:
    """So that a stored object does not change its meaning when the operator is upgraded."""
    await apply(kubectl, a_resource())
    spec = (await kubectl.json("get", "ts", "candidate"))["spec"]
    assert spec["schedule"] == {"onBarClose": True}
    assert spec["limits"] == {"memory": "512Mi", "executionTimeoutSeconds": 30, "loadTimeoutSeconds": 10}
    assert spec["marketData"]["provider"] == "binance"
    assert spec["signals"]["maxPerMinute"] == 60 and "repeat" not in spec["signals"]
    assert (spec["executionMode"], spec["updatePolicy"], spec["suspend"]) == ("paper", "OnChange", False)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"owner": {"userId": "42"}}, {"owner": {"userId": "43"}}, id="to another owner"),
        pytest.param({}, {"owner": {"userId": "42"}}, id="given later"),
        pytest.param({"owner": {"userId": "42"}}, {}, id="taken away"),
        pytest.param({"owner": {"userId": "42"}}, {"owner": {"userId": "42", "subject": "bob"}}, id="extended"),
    ],
)
async def test_the_owner_cannot_be_changed(kubectl: Kubectl, before: dict[str, Any], after: dict[str, Any]) -> None:
    await apply(kubectl, a_resource(**before))
    with pytest.raises(KubectlError, match=r"spec\.owner: cannot be changed"):
        await apply(kubectl, a_resource(**after))


async def test_columns_of_kubectl_get(kubectl: Kubectl) -> None:
    await apply(kubectl, a_resource())
    narrow = (await kubectl("get", "ts")).splitlines()[0].split()
    wide = (await kubectl("get", "ts", "-o", "wide")).splitlines()[0].split()
    assert narrow == ["NAME", "PHASE", "SYMBOLS", "TIMEFRAME", "MODE", "READY", "AGE"]
    assert wide == [*narrow, "DIGEST", "REASON", "NODE"]
