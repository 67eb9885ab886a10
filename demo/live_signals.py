"""Signals as they come, one line each: what `make demo` shows once everything runs.

A client of the public stream like any other: it subscribes, and resumes by cursor after a disconnect.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import websockets
from websockets.asyncio.client import connect

from local_cluster.errors import NotReady
from local_cluster.progress import say

HEADING = f"{'market time (UTC)':<20} {'strategy':<28} {'#':>5}  {'signal':<11} {'symbol':<10} {'quantity':>10}  conf."
FIRST_SIGNAL_SECONDS = 90.0
RECONNECT_SECONDS = 1.0


async def follow(url: str, namespace: str, count: int | None) -> None:
    """Print the signals of a namespace for ever, or `count` of them; NotReady when the first does not come."""
    signals = stream(url.replace("http", "ws", 1) + "/api/signals/stream", namespace)
    say(HEADING)
    try:
        first = await asyncio.wait_for(anext(signals), FIRST_SIGNAL_SECONDS)
    except TimeoutError:
        raise NotReady(
            f"no signal within {FIRST_SIGNAL_SECONDS:.0f} s: look at `kubectl get tradingstrategies`"
        ) from None
    say(line(first))
    shown = 1
    while count is None or shown < count:
        say(line(await anext(signals)))
        shown += 1
    await signals.aclose()


async def stream(url: str, namespace: str) -> AsyncIterator[Mapping[str, Any]]:
    """Every signal of a namespace's strategies, across disconnects; another release may share the log."""
    cursor: dict[str, str] = {}
    while True:
        try:
            async with connect(url) as socket:
                await socket.send(json.dumps({"type": "subscribe", "symbols": ["*"]} | cursor))
                async for text in socket:
                    message = json.loads(text)
                    cursor = {"after": message["cursor"]} if message.get("cursor") else cursor
                    if message["type"] == "signal" and message["data"]["strategy_id"].startswith(f"{namespace}/"):
                        yield message["data"]
        except (websockets.ConnectionClosed, websockets.InvalidHandshake, OSError):
            # The API restarts now and then; the cursor brings what was missed.
            await asyncio.sleep(RECONNECT_SECONDS)


def line(signal: Mapping[str, Any]) -> str:
    """One signal for a person."""
    quantity = signal["execution_params"]["quantity"]
    when = signal["evaluation_time"].replace("T", " ").removesuffix("Z")
    return (
        f"{when:<20} {signal['strategy_id']:<28} {signal['sequence']:>5}  {signal['action']:<11} "
        f"{signal['symbol']:<10} {quantity:>10g}  {signal['confidence']:.2f}"
    )
