"""`/api/strategies`: the platform's routes for runs. Each handler is a few lines: who, what, words out."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from strategy_api.errors import NotBuilt, NotFound
from strategy_api.gate import Gate
from strategy_api.rest.answers import answer
from strategy_api.rest.parameters import Parameters, bounded_body
from strategy_api.start_request import read_start_request
from strategy_api.strategy_runs import Run, StrategyRuns
from strategy_contracts.signal import StrategySource


class StrategyEndpoints:
    """Handlers of the strategy routes."""

    def __init__(self, runs: StrategyRuns, gate: Gate, clock: Callable[[], datetime], *, max_body_bytes: int) -> None:
        self._runs, self._gate, self._clock = runs, gate, clock
        self._max_body_bytes = max_body_bytes

    async def list(self, request: Request) -> Response:
        """The strategies the caller runs or has suspended, newest first.

        Strategies that were never started are in the platform's databases, which the API does not read yet.
        """
        identity = self._gate.admit(request)
        parameters = Parameters(request.query_params)
        source = parameters.word("source", StrategySource)
        limit = parameters.integer("limit", 50, least=1, most=100)
        offset = parameters.integer("offset", 0, least=0)
        parameters.check()
        runs = await self._runs.list(identity, source)
        page = [_item(run) for run in runs[offset : offset + limit]]
        return answer({"strategies": page, "total_count": len(runs), "limit": limit, "offset": offset})

    async def get(self, request: Request) -> Response:
        """The strategy; its files only where the resource itself holds them."""
        return answer(_details(await self._found(request, "Strategy not found: {}")))

    async def start(self, request: Request) -> Response:
        identity = self._gate.admit(request)
        asked = read_start_request(await bounded_body(request, self._max_body_bytes))
        run = await self._runs.start(identity, asked)
        fields = {
            "execution_id": run.resource.execution_id,
            "strategy_name": run.stored["metadata"]["name"],
            "status": "starting",
        }
        return answer(_success("Strategy started successfully", fields))

    async def stop(self, request: Request) -> Response:
        identity = self._gate.admit(request)
        run = await self._runs.stop(identity, request.path_params["strategy_id"])
        fields = {"execution_id": run.resource.execution_id, "stopped_at": self._clock()}
        return answer(_success("Strategy stopped successfully", fields))

    async def status(self, request: Request) -> Response:
        return answer(_status(await self._found(request, "Strategy not running")))

    async def list_active(self, request: Request) -> Response:
        runs = await self._runs.list(self._gate.admit(request))
        return answer([_status(run) for run in runs if run.active])

    async def delete(self, request: Request) -> Response:
        identity = self._gate.admit(request)
        parameters = Parameters(request.query_params)
        source = parameters.word("source", StrategySource)
        parameters.check()
        run = await self._runs.delete(identity, request.path_params["strategy_id"], source)
        message = "Strategy deleted successfully"
        return answer({"message": message, "strategy_id": run.strategy_id, "deleted_at": self._clock()})

    async def not_built(self, request: Request) -> Response:
        self._gate.admit(request)
        raise NotBuilt(f"{request.method} {request.url.path} is not available in this version")

    async def _found(self, request: Request, otherwise: str) -> Run:
        identity = self._gate.admit(request)
        parameters = Parameters(request.query_params)
        source = parameters.word("source", StrategySource)
        parameters.check()
        strategy_id = request.path_params["strategy_id"]
        run = await self._runs.find(identity, strategy_id, source)
        if run is None:
            raise NotFound(otherwise.format(strategy_id))
        return run


def _success(message: str, fields: dict[str, Any]) -> dict[str, Any]:
    # One of the platform's clients takes every object with `success` for an envelope and reads only its `data`.
    return {"message": message, "success": True, **fields, "data": fields}


def _item(run: Run) -> dict[str, Any]:
    return {
        "strategy_id": run.strategy_id,
        "source": run.source,
        "name": run.stored["metadata"]["name"],
        "description": "",
        "status": run.status,
        "created_at": run.created_at,
        "updated_at": run.created_at,
        "tags": [],
        "execution_id": run.resource.execution_id,
    }


def _details(run: Run) -> dict[str, Any]:
    spec, bundle = run.resource.spec, run.resource.status.bundle
    inline = spec.source.inline
    files = inline.files or {} if inline is not None else {}
    return {
        **_item(run),
        "version": bundle.digest if bundle is not None else None,
        "files": {
            name: {"filename": name, "content": content, "file_type": name.rpartition(".")[2]}
            for name, content in files.items()
        },
        "parameters": spec.parameters or {},
        "symbols": spec.symbols or run.resource.status.symbols or (),
        "timeframe": spec.timeframe or run.resource.status.timeframe,
        "execution_mode": spec.execution_mode,
    }


def _status(run: Run) -> dict[str, Any]:
    """The platform's status object; counters are the runner's own, since its last start."""
    status, report = run.resource.status, run.report
    error = report.last_error if report is not None and report.last_error is not None else status.last_error
    return {
        "execution_id": run.resource.execution_id,
        "strategy_id": run.strategy_id,
        "status": run.status,
        "started_at": status.runner.started_at if status.runner is not None else None,
        "last_execution": report.last_evaluation if report is not None else None,
        "signals_generated": report.counters.signals if report is not None else 0,
        "error_count": report.counters.faults if report is not None else 0,
        "last_error": f"{error.reason}: {error.message}" if error is not None else None,
        "phase": report.phase if report is not None else status.phase,
    }
