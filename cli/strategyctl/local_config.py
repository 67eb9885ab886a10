"""From options and a manifest to the config of a local run. What neither says is the cluster's default."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from strategy_code.workflow import NoMarket, read_workflow, subscriptions_of
from strategy_contracts.bundle import Bundle, EntryPoint, Subscription
from strategy_contracts.run_market import other_sources, run_symbols
from strategy_contracts.runner_config import DEFAULT_LOOKBACK_BARS, RunnerConfig
from strategy_contracts.signal import StrategySource
from strategy_contracts.timeframe import Timeframe
from strategyctl.errors import UnusableInput
from strategyctl.strategy_files import StrategyFiles

PROVIDER: Final = "csv"
MEMORY_FACTORS: Final = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "": 1}
LOOKBACK_BARS: Final = (10, 5000)
"""As in the resource."""
TAKEN_OVER: Final = ("signals", "lookback_bars", "execution_mode")


def local_config(
    options: argparse.Namespace, strategy: StrategyFiles, digest: str, market: Sequence[Subscription] = ()
) -> RunnerConfig:
    """Options win over the manifest; the `market` of a drawing has heard both already. Raises UnusableInput."""
    spec = strategy.spec
    symbols = run_symbols(market) if market else options.symbols or spec.get("symbols")
    timeframe = market[0].timeframe if market else options.timeframe or spec.get("timeframe")
    if not symbols:
        raise UnusableInput("--symbols: name at least one, for example --symbols BTCUSDT")
    if timeframe not in set(Timeframe):
        raise UnusableInput(f"--timeframe: one of {' '.join(Timeframe)}")
    fields: dict[str, Any] = {name: spec[name] for name in TAKEN_OVER if name in spec}
    if options.lookback is not None:
        if not LOOKBACK_BARS[0] <= options.lookback <= LOOKBACK_BARS[1]:
            raise UnusableInput(f"--lookback: between {LOOKBACK_BARS[0]} and {LOOKBACK_BARS[1]} bars")
        fields["lookback_bars"] = options.lookback
    schedule = spec.get("schedule", {})
    fields |= {
        "execution_id": f"local/{strategy.name}",
        "incarnation": 1,
        "namespace": "local",
        "name": strategy.name,
        "strategy_id": f"local/{strategy.name}",
        "strategy_source": StrategySource.INLINE,
        "bundle_digest": digest,
        "symbols": symbols,
        "timeframe": timeframe,
        "schedule": {name: schedule[name] for name in ("interval_seconds", "provisional_bars") if name in schedule},
        "market_data": {"provider": PROVIDER, **_part(spec, "market_data", ("on_gap",))},
        "limits": _limits(spec),
    }
    try:
        return msgspec.convert(fields, RunnerConfig, strict=False)
    except msgspec.ValidationError as error:
        raise UnusableInput(f"the run cannot be made: {error}") from None


def read_parameters(text: str | None, strategy: StrategyFiles) -> dict[str, Any]:
    """`--parameters` over the manifest's: JSON itself, or @FILE."""
    parameters: dict[str, Any] = dict(strategy.spec.get("parameters") or {})
    if text is None:
        return parameters
    where = "--parameters"
    if text.startswith("@"):
        where = f"--parameters {text}"
        try:
            text = Path(text[1:]).read_text(encoding="utf-8")
        except OSError as error:
            raise UnusableInput(f"{where}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise UnusableInput(f"{where}: not UTF-8 text") from None
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise UnusableInput(f"{where}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise UnusableInput(f"{where}: must be a JSON object, for example '{{\"period\": 14}}'")
    return parameters | value


def market_of(options: argparse.Namespace, strategy: StrategyFiles) -> list[Subscription]:
    """The bars that a drawing needs, as a cluster would ask for them; none for code. Raises UnusableInput."""
    workflow = read_workflow(strategy.files[strategy.main_file], strategy.main_file).workflow
    assert workflow is not None
    timeframe = options.timeframe or strategy.spec.get("timeframe")
    try:
        found = subscriptions_of(
            workflow,
            symbols=options.symbols or strategy.spec.get("symbols"),
            timeframe=Timeframe(timeframe) if timeframe in set(Timeframe) else None,
            provider=PROVIDER,
            lookback=options.lookback or strategy.spec.get("lookback_bars", DEFAULT_LOOKBACK_BARS),
        )
    except NoMarket as problem:
        raise UnusableInput(str(problem)) from None
    # Files are bars of whatever they are: what the drawing says of providers is nothing to them.
    found = [msgspec.structs.replace(item, provider=PROVIDER) for item in found]
    others = other_sources(found)
    if others:
        node = workflow.node(others[0].source_node)
        raise UnusableInput(f"{node} needs bars of {others[0].timeframe}; files here are of one timeframe")
    return found


def bundle_of(
    strategy: StrategyFiles,
    entry_point: EntryPoint,
    parameters: dict[str, Any],
    subscriptions: list[Subscription] | None = None,
) -> Bundle:
    """The same bundle as in a cluster: same files and parameters, same digest."""
    return Bundle(
        strategy_id=f"local/{strategy.name}",
        source=StrategySource.INLINE,
        files=strategy.files,
        main_file=strategy.main_file,
        entry_point=entry_point,
        parameters=parameters,
        subscriptions=subscriptions or [],
    )


def _part(spec: dict[str, Any], name: str, fields: tuple[str, ...]) -> dict[str, Any]:
    part = spec.get(name, {})
    return {field: part[field] for field in fields if field in part}


def _limits(spec: dict[str, Any]) -> dict[str, Any]:
    limits = _part(spec, "limits", ("execution_timeout_seconds", "load_timeout_seconds"))
    memory = str(spec.get("limits", {}).get("memory", ""))
    if memory:
        suffix = memory[-2:] if memory[-2:] in MEMORY_FACTORS else ""
        try:
            limits["memory_bytes"] = int(memory.removesuffix(suffix)) * MEMORY_FACTORS[suffix]
        except ValueError:
            raise UnusableInput(f"spec.limits.memory: {memory!r} is not an amount like 512Mi") from None
    return limits
