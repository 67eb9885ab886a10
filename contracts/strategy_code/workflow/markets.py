"""Which bars a drawing needs: its data sources as subscriptions, after what the resource says about them.

The first data source that an action depends on is primary: its closes trigger, and the resource's symbols and timeframe
replace its own. Other sources of the same provider and timeframe are further symbols of the run, aligned with it;
sources of another timeframe or provider are seen as far as their bars have closed.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from strategy_code.workflow.condition_words import canonical_condition
from strategy_code.workflow.graph import Node, NodeKind, Workflow
from strategy_contracts.bundle import Subscription
from strategy_contracts.run_market import run_symbols
from strategy_contracts.timeframe import Timeframe

CRYPTO_ONLY: Final = frozenset({"binance"})
"""Providers that have neither stocks nor currencies."""
PROVIDERS: Final = frozenset({"binance", "massive", "polygon", "alpha_vantage", "yahoo_finance", "replay", "mock"})
MAX_SOURCES: Final = 20
_SYMBOL: Final = re.compile(r"[A-Za-z0-9^][A-Za-z0-9^._/:=-]{0,31}")


class NoMarket(Exception):
    """A sentence that names the node: why its bars cannot be had."""


def used_sources(workflow: Workflow) -> tuple[Node, ...]:
    """The data sources that actions depend on, in the order stored; the first one is primary."""
    used: set[str] = set()
    for action in workflow.of_kind(NodeKind.ACTION):
        used |= workflow.upstream(action.id)
    return tuple(node for node in workflow.of_kind(NodeKind.DATA_SOURCE) if node.id in used)


def subscriptions_of(
    workflow: Workflow,
    *,
    symbols: Sequence[str] | None,
    timeframe: Timeframe | None,
    provider: str,
    lookback: int,
) -> list[Subscription]:
    """The bars the drawing needs, primary ones first; one primary for each symbol of the resource. Raises NoMarket."""
    primary, *others = used_sources(workflow)
    if len(others) >= MAX_SOURCES:
        raise NoMarket(f"{len(others) + 1} data sources; the limit is {MAX_SOURCES}")
    if symbols and len(symbols) > 1 and others:
        raise NoMarket(f"{others[0]} is a second data source; spec.symbols can then name one symbol only")
    own = primary.parameters.get("symbol")
    wanted = tuple(symbols) if symbols else (_symbol(primary),)
    run_timeframe = timeframe or _timeframe(primary)
    run_provider = _provider(primary, provider, chosen=bool(symbols))
    found = [
        Subscription(
            source_node=primary.id,
            provider=run_provider,
            symbol=symbol,
            timeframe=run_timeframe.value,
            lookback=lookback,
            primary=True,
        )
        for symbol in wanted
    ]
    for node in others:
        same = node.parameters.get("symbol") == own
        found.append(
            Subscription(
                source_node=node.id,
                provider=run_provider if same else _provider(node, provider, chosen=False),
                symbol=wanted[0] if same else _symbol(node),
                timeframe=_timeframe(node).value,
                lookback=lookback,
            )
        )
    _check_actions(workflow, found)
    _check_folding(workflow, {item.source_node: Timeframe(item.timeframe) for item in found})
    return found


def _check_actions(workflow: Workflow, subscriptions: Sequence[Subscription]) -> None:
    """A decision is about a symbol that the run follows."""
    followed = run_symbols(subscriptions)
    symbols = {item.source_node: item.symbol for item in subscriptions}
    for action in workflow.of_kind(NodeKind.ACTION):
        source = workflow.nearest_source(action.id)
        if source is not None and len(set(symbols.values())) > 1 and symbols[source.id] not in followed:
            timeframe = subscriptions[0].timeframe
            raise NoMarket(f"{action} would trade {symbols[source.id]}, whose bars are not those of {timeframe}")


def _check_folding(workflow: Workflow, timeframes: Mapping[str, Timeframe]) -> None:
    """A higher timeframe must be higher than that of the bars it is folded from."""
    for node in workflow.nodes:
        source = workflow.nearest_source(node.id)
        wanted = _folded_timeframes(node)
        if source is None or source.id not in timeframes or not wanted:
            continue
        base = timeframes[source.id]
        for timeframe in wanted:
            if timeframe.length_ms < base.length_ms or (base, timeframe) == (Timeframe.W1, Timeframe.MN1):
                raise NoMarket(f"{node}: bars of {base} cannot be folded to {timeframe}")


def _folded_timeframes(node: Node) -> tuple[Timeframe, ...]:
    if node.kind is NodeKind.TIMEFRAMES:
        names = node.parameters.get("timeframes") or node.parameters.get("higherTimeframes") or ["1d"]
        return (Timeframe(names[-1]),)
    word = canonical_condition(str(node.parameters.get("condition"))) if node.kind is NodeKind.CONDITION else None
    if word in ("higher_timeframe_trend", "multi_tf_alignment"):
        return (Timeframe(node.parameters.get("higherTimeframe", "1h")),)
    return (Timeframe.W1, Timeframe.MN1) if word == "weekly_monthly_bias" else ()


def _symbol(node: Node) -> str:
    symbol = node.parameters.get("symbol")
    if not symbol:
        raise NoMarket(f"{node} names no symbol")
    if not _SYMBOL.fullmatch(symbol):
        raise NoMarket(f"{node}: {symbol!r} is not a symbol")
    return str(symbol)


def _timeframe(node: Node) -> Timeframe:
    timeframe = node.parameters.get("timeframe")
    if not timeframe:
        raise NoMarket(f"{node} names no timeframe")
    return Timeframe(timeframe)


def _provider(node: Node, default: str, *, chosen: bool) -> str:
    """`chosen`: the resource names the symbols itself, so the node's asset class says nothing about them."""
    named = str(node.parameters.get("provider") or node.parameters.get("dataSource") or "").lower()
    if named in PROVIDERS:
        return named
    asset_class = node.parameters.get("assetClass", "crypto")
    if asset_class != "crypto" and default in CRYPTO_ONLY and not chosen:
        raise NoMarket(
            f"{node} wants {asset_class}, which {default} does not have; set spec.marketData.provider to one that has"
        )
    return default
