"""Kopf's triggers say which keys are concerned, and kopf itself is told to write nothing."""

from typing import Any

import kopf
import pytest

from strategy_operator.handlers import config_map_event, pod_event, register, strategy_event
from strategy_operator.index import SourceRef
from strategy_operator.names import Key
from strategy_operator.watch import EndlessBackoffs, kopf_settings


class Heard:
    """Notices that remember."""

    def __init__(self) -> None:
        self.said: list[tuple[Any, ...]] = []

    async def strategy(self, key: Key, execution_id: str, ref: SourceRef | None) -> None:
        self.said.append((key, execution_id, ref))

    async def pod(self, key: Key) -> None:
        self.said.append((key,))

    async def source(self, ref: SourceRef) -> None:
        self.said.append((ref,))


@pytest.fixture
def heard() -> Heard:
    return Heard()


def a_body(**more: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "strategies", "name": "rsi-dip", "uid": "uid", **more}, "spec": {}}


async def test_a_strategy_is_named_with_its_execution_and_source(heard: Heard) -> None:
    body = a_body() | {"spec": {"source": {"configMap": {"name": "code"}}}}
    await strategy_event(body=body, memo=heard, type="MODIFIED")
    assert heard.said == [(Key("strategies", "rsi-dip"), "uid", SourceRef("configMap", "strategies/code"))]


async def test_a_pod_concerns_its_owner(heard: Heard) -> None:
    owner = {"kind": "TradingStrategy", "apiVersion": "trading.alphintra.io/v1alpha1", "name": "rsi-dip", "uid": "u"}
    await pod_event(body=a_body(name="rsi-dip-runner", ownerReferences=[owner]), memo=heard, type="DELETED")
    await pod_event(body=a_body(name="stranger"), memo=heard, type="ADDED")
    assert heard.said == [(Key("strategies", "rsi-dip"),)]


async def test_a_config_map_concerns_who_is_made_from_it(heard: Heard) -> None:
    await config_map_event(body=a_body(name="code"), memo=heard, type=None)
    assert heard.said == [(SourceRef("configMap", "strategies/code"),)]


def test_kopf_only_watches() -> None:
    settings = kopf_settings()
    assert (settings.peering.standalone, settings.scanning.disabled, settings.posting.enabled) == (True, True, False)
    selectors = {str(selector): value for selector, value in settings.watching.label_selectors.items()}
    assert list(selectors.values()) == ["app.kubernetes.io/managed-by=strategy-operator"]


def test_no_handler_makes_kopf_write_to_the_objects() -> None:
    """Only on.event: a change handler, timer or daemon would add annotations and finalizers to every object."""
    registry = kopf.OperatorRegistry()
    register(registry)
    assert len(registry._watching.get_all_handlers()) == 3
    for kind in (registry._changing, registry._spawning, registry._indexing, registry._webhooks):
        assert not kind.get_all_handlers()


def test_a_request_is_never_given_up() -> None:
    pauses = iter(EndlessBackoffs())
    first = [next(pauses) for _ in range(1000)]
    assert first[0] < 1
    assert 8 <= min(first[10:]) <= max(first[10:]) <= 12
    assert next(iter(EndlessBackoffs())) < 1, "every request starts anew"
