"""Every kind of strategy side by side on the real cluster, each held to a reference written by hand on the same bars.

The five run through the whole file. A drawing in the No-Code database is changed under them: it is taken up, waits for
its owner, or is rolled back, and nobody else notices.
"""

import asyncio
import json
import re
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest_asyncio

from shape_references import Decision, breakout, dip_sizes, mean, momentum
from shape_samples import SAMPLES
from stack.expected import STRATEGIES
from stack.kubectl import Kubectl
from stack.product import ROOT, a_strategy
from stack.references import Answer, Reference, ReferenceExpectation
from stack.session import LOOKBACK, TradingSession
from stack.strategy_rows import POLL_SECONDS, StrategyRows
from strategy_contracts.bar import Bar
from strategy_operator.names import pod_name
from workflow_drawings import Drawing, a_condition, a_drawing, a_source, an_action

FILES = {"alphintra": "H/dip_with_context.py", "execute": "D/breakout_column.py"}
PERIOD = 7
"""Of the RSI in the drawn example: shorter than drawn, so that it fires within few bars."""
NAMES = ("drawn-inline", "drawn-row", "project", *FILES)
EXECUTION_TIMEOUT_SECONDS = 30
"""The default of the resource."""
ANY_SYMBOL = "BTCUSDT"
WIRES = (
    "d.data-output>low.data-input low.signal-output>buy.signal-input"
    " d.data-output>high.data-input high.signal-output>sell.signal-input"
)
HOLDS_FOR_EVER = """\
def generate_signals(data, parameters):
    return [{"symbol": symbol, "action": "HOLD"} for symbol in data]
"""

PEEKS = """\
class Peek:
    def execute(self, df):
        rises = df["close"].shift(-1) > df["close"]
        df["signal"] = rises.map({True: "BUY", False: "SELL"})
        return df
"""


def a_level_drawing(condition: str, *, bars: int, buys: float, sells: float) -> Drawing:
    """Buys and sells where the condition holds for a percentage; a negative one means below it."""
    return a_drawing(
        a_source(),
        a_condition("low", condition, value=buys, lookback=bars),
        a_condition("high", condition, value=sells, lookback=bars),
        an_action("buy", "buy", quantity=0.3),
        an_action("sell", "sell", quantity=0.3),
        wires=WIRES,
    )


REVERSION = a_level_drawing("moving_average_deviation", bars=20, buys=-0.1, sells=0.1)
FOLLOWING = a_level_drawing("rate_of_change", bars=5, buys=0.1, sells=-0.1)
NEVER_RUN = a_level_drawing("rate_of_change", bars=9, buys=0.2, sells=-0.2)


def drawn(decide: Any) -> Reference:
    """Those decisions, by the two actions of such a drawing."""

    def answers(bars: Sequence[Bar], first: int) -> list[Answer]:
        found: Sequence[Decision] = decide(bars)
        return [(number, action, 0.3, node_of(action.lower(), action)) for number, action in found]

    return answers


def drawn_rsi(bars: Sequence[Bar], first: int) -> list[Answer]:
    """The example's drawing: Wilder's RSI(7), begun with the window that the run begins with."""
    found: list[Answer] = []
    begin = first - LOOKBACK + 1
    changes = [after.close - before.close for before, after in pairwise(bars[begin:])]
    gain, loss = (sum(max(sign * change, 0) for change in changes[:PERIOD]) / PERIOD for sign in (1, -1))
    for number, change in enumerate(changes[PERIOD:], begin + PERIOD + 1):
        gain, loss = (
            (before * (PERIOD - 1) + max(now, 0)) / PERIOD for before, now in ((gain, change), (loss, -change))
        )
        rsi = 100 * gain / (gain + loss)
        if number >= first and rsi < 30:
            found.append((number, "BUY", 0.5, EXAMPLE_BUY))
        elif number >= first and rsi > 55:
            found.append((number, "CLOSE_LONG", 0.5, EXAMPLE_SELL))
    return found


def dips(bars: Sequence[Bar], first: int) -> list[Answer]:
    """Of one that begins without a position at the first bar it is asked about."""
    begin = first - 19
    return [(begin + number, action, size, {}) for number, action, size in dip_sizes(bars[begin:])]


def channel(bars: Sequence[Bar], first: int) -> list[Answer]:
    return [(number, action, 0.1, {}) for number, action in breakout(bars)]


def node_of(node: str, action: str, label: str | None = None) -> dict[str, str]:
    return {"node": node, "label": label or node, "drawn_action": action}


EXAMPLE = json.loads((ROOT / "examples" / "workflows" / "rsi-dip.json").read_text())
EXAMPLE_BUY = node_of("action-1754028723000", "BUY", "Buy the dip")
EXAMPLE_SELL = node_of("action-1754028723500", "CLOSE_LONG", "Take it off")


def a_project(folder: Path) -> dict[str, str]:
    """The files of a project by path."""
    return {str(file.relative_to(folder)): file.read_text() for file in sorted(folder.rglob("*.py"))}


@dataclass(frozen=True)
class Kinds:
    """The session with the five kinds in it, and the rows two of them come from."""

    session: TradingSession
    rows: StrategyRows
    workflow_id: str
    project_id: str

    @property
    def kubectl(self) -> Kubectl:
        return self.session.product.strategies

    async def run(self, name: str, source: dict[str, Any], reference: Reference, **spec: Any) -> None:
        """Start a strategy on one symbol, and expect of it what the reference says from the last close on."""
        resource = a_strategy(name, "", lookbackBars=LOOKBACK, source=source, **spec)
        closed, candles = self.session.closed, self.session.series[ANY_SYMBOL]
        expectation = ReferenceExpectation(ANY_SYMBOL, candles, reference, closed, drawn="drawn" in name)
        await self.session.run(resource, expectation)

    async def status(self, name: str) -> dict[str, Any]:
        return dict((await self.kubectl.json("get", "tradingstrategy", name))["status"])

    async def reason(self, name: str, condition: str, expected: str) -> str:
        """The condition's message as soon as its reason is the expected one."""
        path = f'{{.status.conditions[?(@.type=="{condition}")].reason}}'
        await self.kubectl("wait", f"tradingstrategy/{name}", f"--for=jsonpath={path}={expected}", "--timeout=60s")
        conditions = (await self.status(name))["conditions"]
        return str(next(item["message"] for item in conditions if item["type"] == condition))

    async def incarnation(self, name: str, number: int, timeout_s: float) -> dict[str, Any]:
        """The status as soon as that incarnation has loaded its bundle."""
        deadline = time.monotonic() + timeout_s
        for path in (f"{{.status.incarnation}}={number}", "{.status.bundle.loadedAt}"):
            left = max(1, int(deadline - time.monotonic()))
            await self.kubectl("wait", f"tradingstrategy/{name}", f"--for=jsonpath={path}", f"--timeout={left}s")
        return await self.status(name)

    async def patch(self, name: str, **spec: Any) -> None:
        """Change the resource and return when the operator has seen it."""
        patch = json.dumps({"spec": spec})
        changed = await self.kubectl.json("patch", "tradingstrategy", name, "--type=merge", "-p", patch)
        seen = f"{{.status.observedGeneration}}={changed['metadata']['generation']}"
        await self.kubectl("wait", f"tradingstrategy/{name}", f"--for=jsonpath={seen}", "--timeout=60s")

    def decides(self, name: str, reference: Reference) -> None:
        """From the next close on the strategy is another one."""
        expectation = self.session.strategies[name].expectation
        assert isinstance(expectation, ReferenceExpectation)
        expectation.switch(reference, self.session.closed + 1)

    async def others(self, name: str) -> dict[str, tuple[str, list[int]]]:
        """Uid and container restarts of every other strategy's pod."""
        found = {}
        for other in self.session.strategies.keys() - {name}:
            pod = await self.session.pod(other)
            restarts = [status["restartCount"] for status in pod["status"]["containerStatuses"]]
            found[other] = (pod["metadata"]["uid"], restarts)
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kinds(session: TradingSession, rows: StrategyRows) -> AsyncIterator[Kinds]:
    kinds = Kinds(session, rows, str(uuid.uuid4()), str(uuid.uuid4()))
    await rows.add_workflow(kinds.workflow_id, 42, REVERSION, HOLDS_FOR_EVER)
    await rows.add_project(kinds.project_id, "alice", a_project(STRATEGIES / "dips"))
    sample = {name: (SAMPLES / path).read_text() for name, path in FILES.items()}
    await kinds.run("drawn-inline", {"inline": {"workflow": EXAMPLE}}, drawn_rsi, parameters={"RSI.period": PERIOD})
    await kinds.run("drawn-row", {"noCode": {"workflowId": kinds.workflow_id}}, drawn(mean))
    project = {"aiMl": {"strategyId": kinds.project_id}}
    await kinds.run("project", project, dips, parameters={"symbol": ANY_SYMBOL})
    await kinds.run("alphintra", {"inline": {"files": {"main.py": sample["alphintra"]}}}, dips)
    await kinds.run("execute", {"inline": {"files": {"main.py": sample["execute"]}}}, channel)
    # Not every reference decides at the first close, so there may be no signal to wait for.
    await asyncio.gather(*(kinds.kubectl.wait(f"tradingstrategy/{name}", "condition=Ready", 120) for name in NAMES))
    await session.settle()
    yield kinds
    await asyncio.gather(*(session.stop(name) for name in NAMES))


async def trade(session: TradingSession, bars: int = 40) -> None:
    """Bars close; all that was published is compared with all references."""
    await session.advance(bars)
    await session.settle()


async def trade_until_heard(kinds: Kinds, name: str) -> None:
    """Trade until that strategy has published again: where the market stands depends on who traded before."""
    signals = kinds.session.collector.signals[kinds.session.strategies[name].execution_id]
    before = len(signals)
    for _ in range(10):
        await trade(kinds.session)
        if len(signals) > before:
            return
    raise AssertionError(f"{name} has published nothing in 400 bars")


async def test_each_kind_decides_what_its_reference_says(kinds: Kinds) -> None:
    await trade(kinds.session, 160)
    for name in NAMES:
        running = kinds.session.strategies[name]
        assert len(kinds.session.collector.signals[running.execution_id]) > 1, f"{name} has hardly traded"
    status = await kinds.status("drawn-row")
    assert status["bundle"]["entryPoint"] == "the drawing in workflow.json", "its stored code says HOLD for ever"


async def test_who_decides_by_a_later_bar_is_suspected_with_bar_and_line_and_runs_on(kinds: Kinds) -> None:
    await kinds.kubectl.apply(a_strategy("peeks", PEEKS, lookbackBars=LOOKBACK))
    message = await kinds.reason("peeks", "LookAheadSuspected", "LookAheadSuspected")
    assert re.fullmatch(
        rf"bar \S+Z of {ANY_SYMBOL}: SELL with the bars up to it, BUY when later bars are known; "
        r"\d+ of \d+ bars differ \(see main\.py:3\)",
        message,
    ), message
    conditions = {kind["type"]: kind["status"] for kind in (await kinds.status("peeks"))["conditions"]}
    assert conditions["Ready"] == "True"
    for honest in NAMES:
        assert "LookAheadSuspected" not in {kind["type"] for kind in (await kinds.status(honest))["conditions"]}, honest
    logged = await kinds.kubectl("logs", pod_name("execute"), "--container=supervisor")
    assert '"look_ahead_checked"' in logged, "its answers hold every bar, so that they were compared"
    await kinds.kubectl("delete", "tradingstrategy", "peeks", "--timeout=60s")


async def test_a_changed_drawing_reaches_its_runner_in_time_and_nobody_else(kinds: Kinds) -> None:
    before, others = await kinds.status("drawn-row"), await kinds.others("drawn-row")
    await kinds.rows.redraw(kinds.workflow_id, FOLLOWING)
    within_s = POLL_SECONDS + EXECUTION_TIMEOUT_SECONDS + 5
    after = await kinds.incarnation("drawn-row", before["incarnation"] + 1, within_s)
    assert after["bundle"]["previousDigest"] == before["bundle"]["digest"] != after["bundle"]["digest"]
    kinds.decides("drawn-row", drawn(momentum))
    await trade_until_heard(kinds, "drawn-row")
    assert newest_digest(kinds, "drawn-row") == after["bundle"]["digest"]
    assert await kinds.others("drawn-row") == others


async def test_with_manual_updates_a_change_waits_and_says_so_with_both_digests(kinds: Kinds) -> None:
    await kinds.patch("drawn-row", updatePolicy="Manual")
    before = await kinds.status("drawn-row")
    await kinds.rows.redraw(kinds.workflow_id, NEVER_RUN)
    message = await kinds.reason("drawn-row", "UpdateAvailable", "ManualUpdate")
    running = before["bundle"]["digest"]
    assert running in message
    assert "set spec.source.pinDigest to sha256:" in message
    assert message.count("sha256:") == 2
    await trade(kinds.session)
    after = await kinds.status("drawn-row")
    assert (after["bundle"]["digest"], after["incarnation"]) == (running, before["incarnation"])


async def test_a_pinned_digest_rolls_back(kinds: Kinds) -> None:
    before = await kinds.status("drawn-row")
    first = before["bundle"]["previousDigest"]
    await kinds.patch("drawn-row", source={"noCode": {"workflowId": kinds.workflow_id}, "pinDigest": first})
    after = await kinds.incarnation("drawn-row", before["incarnation"] + 1, 60)
    assert after["bundle"]["digest"] == first
    assert first in await kinds.reason("drawn-row", "UpdateAvailable", "Pinned")
    kinds.decides("drawn-row", drawn(mean))
    await trade_until_heard(kinds, "drawn-row")
    assert newest_digest(kinds, "drawn-row") == first


async def test_what_belongs_to_somebody_else_is_refused_with_the_reason(kinds: Kinds) -> None:
    of_bob = str(uuid.uuid4()), str(uuid.uuid4())
    await kinds.rows.add_workflow(of_bob[0], 43, REVERSION, HOLDS_FOR_EVER)
    await kinds.rows.add_project(of_bob[1], "bob", {"main.py": HOLDS_FOR_EVER})
    mallory = {"userId": "7", "subject": "mallory"}
    refused = {
        "workflow-of-bob": a_strategy("workflow-of-bob", "", source={"noCode": {"workflowId": of_bob[0]}}),
        "project-of-bob": a_strategy("project-of-bob", "", source={"aiMl": {"strategyId": of_bob[1]}}),
        "of-mallory": a_strategy("of-mallory", "", source={"noCode": {"workflowId": kinds.workflow_id}}, owner=mallory),
    }
    await kinds.kubectl.apply(*refused.values())
    for name in ("workflow-of-bob", "project-of-bob"):
        message = await kinds.reason(name, "SourceResolved", "StrategyNotFound")
        assert message.startswith("spec.source."), message
        assert "bob" not in message.replace(name, "")
    message = await kinds.reason("of-mallory", "Ready", "OwnerNotAllowed")
    assert message.startswith("spec.owner: 7 is not among the owners of namespace"), message
    pods = {pod["metadata"]["name"] for pod in (await kinds.kubectl.json("get", "pods"))["items"]}
    assert not {f"{name}-runner" for name in refused} & pods
    await kinds.kubectl("delete", "tradingstrategy", *refused, "--timeout=60s")


def newest_digest(kinds: Kinds, name: str) -> str:
    """The bundle that the last signal came from."""
    running = kinds.session.strategies[name]
    return str(kinds.session.collector.signals[running.execution_id][-1]["bundle_digest"])
