"""From the platform's start body to a TradingStrategy, and back to the platform's words. Pure.

One REST run per (source, strategy, owner): the resource's name is computed from the three, so that a repeated
start meets its own resource, on whichever replica it lands.
"""

import hashlib
import re
from typing import Annotated, Any, Final, Literal

import msgspec
import pydantic

from strategy_api.auth import Identity
from strategy_api.errors import InvalidRequest, Refused
from strategy_contracts.resource import (
    MAX_SYMBOLS,
    AiMlSource,
    NoCodeSource,
    Owner,
    ScheduleSpec,
    Source,
    StrategySpec,
    TradingStrategy,
)
from strategy_contracts.signal import ExecutionMode, StrategySource
from strategy_contracts.timeframe import Timeframe

_MODES: Final = {"paper_trade": ExecutionMode.PAPER, "live_trade": ExecutionMode.LIVE}
"""The console's other spellings."""
_NOT_IN_A_LABEL: Final = re.compile(r"[^a-z0-9]+")


class StartRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Body of POST /api/strategies/start. Fields the platform does not have are ignored, as it ignored them."""

    strategy_id: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    source: Literal["ai_ml", "no_code"]
    symbols: Annotated[list[str], msgspec.Meta(min_length=1, max_length=MAX_SYMBOLS)]
    timeframe: Timeframe = Timeframe.H1
    execution_mode: Literal["paper", "live", "backtest", "paper_trade", "live_trade"] = "paper"
    parameters: Annotated[dict[str, Any], msgspec.Meta(max_length=64)] = {}
    execution_interval: Annotated[int, msgspec.Meta(ge=60, le=86_400)] = 300


_DECODER: Final = msgspec.json.Decoder(StartRequest)
_AT: Final = re.compile(r"^(.*?)(?: - at `\$\.?(.*?)`)?$", re.DOTALL)


def read_start_request(body: bytes) -> StartRequest:
    """The request; InvalidRequest names the field that is wrong."""
    try:
        return _DECODER.decode(body)
    except msgspec.MsgspecError as error:
        match = _AT.match(str(error))
        sentence, field = match.groups() if match else (str(error), None)
        raise InvalidRequest({field or "body": sentence}) from None


def run_name(source: str, strategy_id: str, owner: str) -> str:
    """The resource's name: readable, a DNS label of at most 48 characters, different for different runs."""
    readable = _NOT_IN_A_LABEL.sub("-", strategy_id.lower())[:30].strip("-")
    digest = hashlib.sha256("\0".join((source, strategy_id, owner)).encode()).hexdigest()[:8]
    return "-".join(part for part in (source.replace("_", "-"), readable, digest) if part)


def wanted_resource(request: StartRequest, identity: Identity, namespace: str) -> TradingStrategy:
    """The resource that the request asks for. InvalidRequest, or Refused for what this version cannot run."""
    mode = _MODES.get(request.execution_mode) or ExecutionMode(request.execution_mode)
    if mode is ExecutionMode.BACKTEST:
        raise Refused("Backtests do not run in the cluster yet; use paper, or strategyctl backtest")
    try:
        spec = StrategySpec(
            source=_source(request),
            symbols=tuple(request.symbols),
            timeframe=request.timeframe,
            execution_mode=mode,
            schedule=ScheduleSpec(interval_seconds=request.execution_interval, provisional_bars=True),
            parameters=request.parameters,
            owner=Owner(**{"user_id": identity.user_id} if identity.user_id else {}, subject=identity.subject),
            suspend=False,
        )
    except pydantic.ValidationError as error:
        raise InvalidRequest(_problems(error)) from None
    name = run_name(request.source, request.strategy_id, identity.tenant)
    return TradingStrategy(metadata={"name": name, "namespace": namespace}, spec=spec)


def manifest(resource: TradingStrategy) -> dict[str, Any]:
    """What is sent to the API server: only what was asked for, defaults are the CRD's."""
    spec = resource.spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": resource.metadata, "spec": spec}


def same_run(existing: StrategySpec, wanted: StrategySpec) -> bool:
    """Whether a repeated start asks for what is already there, suspended or not."""
    asked = wanted.model_fields_set - {"suspend"}
    return all(_effective(existing, field) == _effective(wanted, field) for field in asked)


def strategy_id_of(resource: TradingStrategy) -> str:
    """The strategy's id in signals and on the platform."""
    source = resource.spec.source
    if source.no_code is not None:
        return source.no_code.workflow_id
    if source.ai_ml is not None:
        return source.ai_ml.strategy_id
    return f"{resource.metadata['namespace']}/{resource.metadata['name']}"


def source_of(resource: TradingStrategy) -> StrategySource:
    """Where the strategy's code lives, in the platform's spelling."""
    source = resource.spec.source
    if source.no_code is not None:
        return StrategySource.NO_CODE
    if source.ai_ml is not None:
        return StrategySource.AI_ML
    return StrategySource.CONFIG_MAP if source.config_map is not None else StrategySource.INLINE


def _source(request: StartRequest) -> Source:
    if request.source == "no_code":
        return Source(no_code=NoCodeSource(workflow_id=request.strategy_id))
    return Source(ai_ml=AiMlSource(strategy_id=request.strategy_id))


def _effective(spec: StrategySpec, field: str) -> Any:
    value = getattr(spec, field)
    return value or {} if field == "parameters" else value


def _problems(error: pydantic.ValidationError) -> dict[str, str]:
    """One sentence for each field, in the request's spelling."""
    spelled = {"workflow_id": "strategy_id", "workflowId": "strategy_id", "strategyId": "strategy_id"}
    problems = {}
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        path = [str(part) for part in item["loc"] if isinstance(part, str)] or ["body"]
        problems[spelled.get(path[-1], path[-1])] = item["msg"]
    return problems
