"""Drawings as a source: the file they make, the bars they need, and the market that follows for the run. Pure.

A drawing may leave symbols and timeframe to itself; what it says then stands in the status, so that a run whose source
cannot be read for a while still knows its market.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from strategy_code.verdict import Severity
from strategy_code.workflow import NoDrawing, NoMarket, is_drawing, read_workflow, subscriptions_of, workflow_bundle
from strategy_contracts.resource import StrategySpec
from strategy_contracts.run_market import run_symbols
from strategy_contracts.timeframe import Timeframe
from strategy_operator.bundle_choice import Choice
from strategy_operator.observed import Observed
from strategy_operator.resolution import Resolved
from strategy_sources.errors import SourceRefused
from strategy_sources.files import StrategyFiles, strategy_files
from strategy_sources.parameters import ALWAYS_KNOWN


def drawn_files(drawing: Mapping[str, Any], spec: StrategySpec, where: str) -> StrategyFiles:
    """The bundle files of a drawing, with the resource's `node.parameter`s in it. Raises SourceRefused."""
    try:
        files, main_file = workflow_bundle(drawing, spec.parameters)
    except NoDrawing as problem:
        raise SourceRefused("NoDrawing", f"{where}: {problem}") from None
    plain = {name: value for name, value in (spec.parameters or {}).items() if "." not in name}
    return strategy_files(files, main_file, plain, where, note=_unused(plain))


def preferred_drawing(
    drawing: Mapping[str, Any], spec: StrategySpec, where: str, *, has_code: bool
) -> StrategyFiles | str:
    """The drawing; where there is code that was generated from it, why it cannot be interpreted.

    That is a question to the drawing alone: what the resource's parameters make of a good one is theirs to answer for.
    """
    reason = _problem_of(drawing) if has_code else None
    return reason or drawn_files(drawing, spec, where)


def with_subscriptions(found: StrategyFiles, spec: StrategySpec) -> StrategyFiles:
    """The same with the bars it needs, if it is a drawing. Raises SourceRefused where they cannot be had."""
    if not is_drawing(found.files, found.main_file):
        return found
    workflow = read_workflow(found.files[found.main_file], found.main_file).workflow
    if workflow is None:
        # The analysis will say why.
        return found
    try:
        subscriptions = subscriptions_of(
            workflow,
            symbols=spec.symbols,
            timeframe=spec.timeframe,
            provider=spec.market_data.provider,
            lookback=spec.lookback_bars,
        )
    except NoMarket as problem:
        raise SourceRefused("NoMarket", f"{found.main_file}: {problem}") from None
    return replace(found, subscriptions=tuple(subscriptions))


def _problem_of(drawing: Mapping[str, Any]) -> str | None:
    try:
        files, main_file = workflow_bundle(drawing)
    except NoDrawing as problem:
        return str(problem)
    reading = read_workflow(files[main_file], main_file)
    errors = (finding.message for finding in reading.findings if finding.severity is Severity.ERROR)
    return next(errors, None)


def _unused(parameters: Mapping[str, Any]) -> str:
    """What to say of parameters that no node has: they change nothing."""
    unknown = sorted(parameters.keys() - ALWAYS_KNOWN)
    if not unknown:
        return ""
    return (
        f"spec.parameters: {', '.join(unknown)[:200]} change nothing; a drawing's parameters are named node.parameter"
    )


def in_its_market(observed: Observed, choice: Choice) -> Observed:
    """The same with symbols and timeframe in the spec: those of the drawing that is to run, else those it had."""
    spec, status, resolution = observed.resource.spec, observed.status, observed.resolution
    if isinstance(resolution, Resolved) and resolution.subscriptions and _is_chosen(choice, resolution.digest):
        first = resolution.subscriptions[0]
        return _in(observed, run_symbols(resolution.subscriptions), Timeframe(first.timeframe))
    if spec.symbols is not None and spec.timeframe is not None:
        return observed
    return _in(observed, spec.symbols or status.symbols, spec.timeframe or status.timeframe)


def _is_chosen(choice: Choice, digest: str) -> bool:
    return choice.bundle is not None and choice.bundle.digest == digest


def _in(observed: Observed, symbols: tuple[str, ...] | None, timeframe: Timeframe | None) -> Observed:
    spec = observed.resource.spec.model_copy(update={"symbols": symbols, "timeframe": timeframe})
    return replace(observed, resource=observed.resource.model_copy(update={"spec": spec}))
