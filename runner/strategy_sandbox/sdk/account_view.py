"""The paper account as an SDK looks at it: what the published signals of earlier evaluations have led to."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from strategy_sandbox.sdk.amounts import Amount, exact

INITIAL_CAPITAL: Final = 100_000
"""What every paper account starts with."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A position; the quantity is negative for a short."""

    quantity: Decimal
    average_price: Decimal


@dataclass(frozen=True, slots=True)
class Fill:
    """A published signal's effect: `order` is the index among the candidates of the evaluation before."""

    order: int
    quantity: Decimal
    """Signed change of the position."""
    price: Decimal


class AccountView:
    """Moved on by the session."""

    def __init__(self) -> None:
        self.cash = Amount(INITIAL_CAPITAL)
        self.equity = Amount(INITIAL_CAPITAL)
        self.day_start_equity = Amount(INITIAL_CAPITAL)
        self.realized_pnl = Amount(0)
        self.holdings: dict[str, Holding] = {}
        self.fills: tuple[Fill, ...] = ()

    def move_to(self, account: Mapping[str, Any] | None) -> None:
        """Take over what the supervisor says of the account; without an account it is as at the start."""
        if account is None:
            return
        self.cash, self.equity = Amount(exact(account["cash"])), Amount(exact(account["equity"]))
        self.realized_pnl = Amount(exact(account["realized_pnl"]))
        self.day_start_equity = Amount(exact(account.get("day_start_equity", account["equity"])))
        self.holdings = {
            symbol: Holding(exact(position["quantity"]), exact(position["average_price"]))
            for symbol, position in account["positions"].items()
        }
        self.fills = tuple(
            Fill(int(fill["order"]), exact(fill["quantity"]), exact(fill["price"])) for fill in account.get("fills", ())
        )
