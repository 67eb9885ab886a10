"""Strategies as a database would describe them, for tests of lists."""

from datetime import UTC, datetime, timedelta
from typing import Any

from strategy_contracts.signal import StrategySource
from strategy_sources.listing import Described
from strategy_sources.stored_strategy import StoredStrategy
from strategy_sources.wanted import Wanted

START = datetime(2026, 1, 1, tzinfo=UTC)


def an_id(number: int) -> str:
    """A uuid that sorts as its number does."""
    return f"00000000-0000-4000-8000-{number:012d}"


def a_described(number: int, source: StrategySource = StrategySource.NO_CODE, **changes: Any) -> Described:
    """Alice's strategy of that number, changed that many minutes after the start."""
    strategy_id = an_id(number)
    owner = {"user_id": "42"} if source is StrategySource.NO_CODE else {"subject": "alice"}
    values: dict[str, Any] = {
        "strategy_id": strategy_id,
        "source": source,
        "wanted": Wanted(strategy_id, **owner),
        "name": f"Strategy {number}",
        "description": "",
        "tags": (),
        "created_at": START,
        "updated_at": START + timedelta(minutes=number),
    }
    return Described(**(values | changes))


def a_stored(described: Described, **changes: Any) -> StoredStrategy:
    """The content of what is described."""
    wanted = described.wanted
    owner_field = "user_id" if wanted.user_id is not None else "subject"
    values: dict[str, Any] = {"files": {"main.py": "x = 1\n"}, "parameters": {"period": 14}}
    return StoredStrategy(
        strategy_id=described.strategy_id,
        source=described.source,
        owner_field=owner_field,
        owner_id=getattr(wanted, owner_field),
        name=described.name,
        **(values | changes),
    )
