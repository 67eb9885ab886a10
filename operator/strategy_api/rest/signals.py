"""`/api/signals`: the history of signals, and the newest ones straight from memory."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from strategy_api.auth import Identity
from strategy_api.cursor import encode_cursor
from strategy_api.errors import NotBuilt, NotFound
from strategy_api.gate import Gate
from strategy_api.rest.answers import JSON, answer
from strategy_api.rest.parameters import Parameters
from strategy_api.signal_filter import SignalFilter
from strategy_api.signal_history import Page, SignalStore
from strategy_api.signal_ring import SignalRing
from strategy_contracts.signal import Action, SignalStatus


class SignalEndpoints:
    """Handlers of the signal routes."""

    def __init__(self, ring: SignalRing, store: SignalStore, gate: Gate, clock: Callable[[], datetime]) -> None:
        self._ring, self._store, self._gate, self._clock = ring, store, gate, clock

    async def list(self, request: Request) -> Response:
        """Signals, newest published first; `cursor` continues on the stream without a gap."""
        identity = self._gate.admit(request)
        parameters = Parameters(request.query_params)
        wanted, applied = _filter(parameters, identity)
        limit = parameters.integer("limit", 100, least=1, most=1000)
        offset = parameters.integer("offset", 0, least=0)
        parameters.check()
        page = await self._page(wanted, offset=offset, limit=limit)
        return answer(
            {
                "signals": [msgspec.Raw(body) for body in page.bodies],
                "total_count": page.total,
                "limit": limit,
                "offset": offset,
                "filters_applied": applied,
                "cursor": encode_cursor(page.position),
            }
        )

    async def get(self, request: Request) -> Response:
        identity = self._gate.admit(request)
        signal_id, now = request.path_params["signal_id"], self._clock()
        fresh = self._ring.get(signal_id)
        if fresh is not None and SignalFilter(owner=identity.owner).matches(fresh, now):
            return Response(fresh.body_at(now), media_type=JSON)
        body = await self._store.get(identity.owner, signal_id, now)
        if body is None:
            raise NotFound("Signal not found")
        return Response(body, media_type=JSON)

    async def latest(self, request: Request) -> Response:
        """The newest signals of one symbol, as a bare array."""
        identity = self._gate.admit(request)
        parameters = Parameters(request.query_params)
        limit = parameters.integer("limit", 10, least=1, most=100)
        parameters.check()
        symbols = frozenset({request.path_params["symbol"].upper()})
        wanted, now = SignalFilter(owner=identity.owner, symbols=symbols), self._clock()
        fresh = self._ring.newest(wanted, offset=0, limit=limit, now=now)
        bodies: Sequence[bytes]
        if fresh is not None:
            bodies = [signal.body_at(now) for signal in fresh]
        else:
            bodies = (await self._store.page(wanted, offset=0, limit=limit, now=now)).bodies
        return answer([msgspec.Raw(body) for body in bodies])

    async def not_built(self, request: Request) -> Response:
        self._gate.admit(request)
        raise NotBuilt(f"{request.method} {request.url.path} is not available in this version")

    async def _page(self, wanted: SignalFilter, *, offset: int, limit: int) -> Page:
        now = self._clock()
        if wanted.owner_only:
            if self._ring.total(wanted.owner) is None:
                self._ring.count_from(wanted.owner, *await self._store.count(wanted.owner))
            # No await between the two: they belong to the same moment.
            total, fresh = (
                self._ring.total(wanted.owner),
                self._ring.newest(wanted, offset=offset, limit=limit, now=now),
            )
            if total is not None and fresh is not None:
                return Page([signal.body_at(now) for signal in fresh], total, dict(self._ring.position))
        return await self._store.page(wanted, offset=offset, limit=limit, now=now)


def _filter(parameters: Parameters, identity: Identity) -> tuple[SignalFilter, dict[str, Any]]:
    """The filter, and the parameters as they are echoed in the answer."""
    symbols, strategy_ids = parameters.texts("symbols"), parameters.texts("strategy_ids")
    actions, statuses = parameters.words("actions", Action), parameters.words("status", SignalStatus)
    applied: dict[str, Any] = {
        "symbols": symbols,
        "strategy_ids": strategy_ids,
        "actions": actions,
        "status": statuses,
        "min_confidence": parameters.fraction("min_confidence"),
        "from_date": parameters.moment("from_date"),
        "to_date": parameters.moment("to_date"),
    }
    wanted = SignalFilter(
        owner=identity.owner,
        symbols=frozenset(symbol.upper() for symbol in symbols) if symbols else None,
        strategy_ids=frozenset(strategy_ids) if strategy_ids else None,
        actions=frozenset(actions) if actions else None,
        statuses=frozenset(statuses) if statuses else None,
        min_confidence=applied["min_confidence"],
        from_date=applied["from_date"],
        to_date=applied["to_date"],
    )
    return wanted, applied
