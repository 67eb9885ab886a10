"""`/api/strategies`: the platform's routes for runs. Each handler is a few lines: who, what, words out."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from strategy_api.cursor import InvalidCursor, decode_list_cursor, encode_list_cursor
from strategy_api.errors import NotBuilt, NotFound
from strategy_api.gate import Gate
from strategy_api.rest.answers import answer
from strategy_api.rest.parameters import Parameters, bounded_body
from strategy_api.rest.strategy_answers import details_of, item_of, status_of, success
from strategy_api.start_request import read_start_request
from strategy_api.strategy_catalogue import CatalogueQuery, StrategyCatalogue, StrategyState
from strategy_api.strategy_runs import Run, StrategyRuns
from strategy_contracts.signal import StrategySource
from strategy_sources.listing import Order, Position, SortField

_LAST_OFFSET: Final = 1_000_000
_LONGEST_CURSOR: Final = 4096


class StrategyEndpoints:
    """Handlers of the strategy routes."""

    def __init__(
        self,
        runs: StrategyRuns,
        catalogue: StrategyCatalogue,
        gate: Gate,
        clock: Callable[[], datetime],
        *,
        max_body_bytes: int,
    ) -> None:
        self._runs, self._catalogue, self._gate, self._clock = runs, catalogue, gate, clock
        self._max_body_bytes = max_body_bytes

    async def list(self, request: Request) -> Response:
        """The caller's own strategies, stored or running, last changed first."""
        identity = self._gate.admit(request)
        parameters = Parameters(request.query_params)
        order, behind = _beginning(parameters)
        query = CatalogueQuery(
            limit=parameters.integer("limit", 50, least=1, most=100),
            offset=parameters.integer("offset", 0, least=0, most=_LAST_OFFSET),
            behind=behind,
            order=order,
            source=parameters.word("source", StrategySource),
            states=parameters.words("status", StrategyState),
            name_part=parameters.text("filter", most=100),
        )
        parameters.check()
        page = await self._catalogue.page(identity, query)
        return answer(
            {
                "strategies": [item_of(entry) for entry in page.entries],
                "total_count": page.total,
                "total": page.total,
                "limit": query.limit,
                "offset": query.offset,
                "next_cursor": encode_list_cursor(query.order, page.next) if page.next is not None else None,
                "warnings": page.warnings,
            }
        )

    async def get(self, request: Request) -> Response:
        """The strategy; its files are its owner's alone."""
        identity = self._gate.admit(request)
        parameters = Parameters(request.query_params)
        source = parameters.word("source", StrategySource)
        parameters.check()
        return answer(details_of(await self._catalogue.find(identity, request.path_params["strategy_id"], source)))

    async def start(self, request: Request) -> Response:
        identity = self._gate.admit(request)
        asked = read_start_request(await bounded_body(request, self._max_body_bytes))
        if asked.source == "no_code":
            public_id = await self._catalogue.public_id(identity, asked.strategy_id)
            asked = msgspec.structs.replace(asked, strategy_id=public_id)
        run = await self._runs.start(identity, asked)
        fields = {
            "execution_id": run.resource.execution_id,
            "strategy_name": run.name,
            "status": "starting",
        }
        return answer(success("Strategy started successfully", fields))

    async def stop(self, request: Request) -> Response:
        identity = self._gate.admit(request)
        strategy_id = await self._catalogue.public_id(identity, request.path_params["strategy_id"])
        run = await self._runs.stop(identity, strategy_id)
        fields = {"execution_id": run.resource.execution_id, "stopped_at": self._clock()}
        return answer(success("Strategy stopped successfully", fields))

    async def status(self, request: Request) -> Response:
        return answer(status_of(await self._found(request, "Strategy not running")))

    async def list_active(self, request: Request) -> Response:
        runs = await self._runs.list(self._gate.admit(request))
        return answer([status_of(run) for run in runs if run.active])

    async def delete(self, request: Request) -> Response:
        identity = self._gate.admit(request)
        parameters = Parameters(request.query_params)
        source = parameters.word("source", StrategySource)
        parameters.check()
        strategy_id = await self._catalogue.public_id(identity, request.path_params["strategy_id"])
        run = await self._runs.delete(identity, strategy_id, source)
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
        strategy_id = await self._catalogue.public_id(identity, request.path_params["strategy_id"])
        run = await self._runs.find(identity, strategy_id, source)
        if run is None:
            raise NotFound(otherwise.format(strategy_id))
        return run


def _beginning(parameters: Parameters) -> tuple[Order, Position | None]:
    """The order, and where a cursor says that the page begins; the order is the cursor's own then."""
    order, token = _order(parameters), parameters.text("cursor", most=_LONGEST_CURSOR)
    if token is None:
        return order, None
    try:
        cursor_order, behind = decode_list_cursor(token)
    except InvalidCursor as error:
        parameters.refuse("cursor", str(error))
        return order, None
    if parameters.given("sort") and order != cursor_order:
        parameters.refuse("cursor", "it belongs to a list in another order; leave sort away")
    return cursor_order, behind


def _order(parameters: Parameters) -> Order:
    """`name`, `-name`, `name:desc`: by what, and which way round. Times begin with the latest unless told."""
    given = parameters.text("sort", most=40) or "-updated_at"
    name, _, way = given.lstrip("-+").partition(":")
    field = parameters.one_of("sort", name.lower(), SortField)
    return Order(field or SortField.UPDATED_AT, descending=given.startswith("-") or way.lower() == "desc")
