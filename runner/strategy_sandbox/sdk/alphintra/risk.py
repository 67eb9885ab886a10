"""`context.risk_manager`: reckonings about orders. The limits of the run are the supervisor's."""

from typing import Any, Final

import numpy as np

from strategy_sandbox.sdk.alphintra.portfolio import Portfolio
from strategy_sandbox.sdk.parts import SdkPart
from strategy_sandbox.sdk.session import Session

MAX_POSITION_SHARE: Final = 0.20
"""Of the account's value, in one symbol."""


class RiskManager(SdkPart):
    """Looks at the paper account and the window; remembers nothing."""

    def __init__(self, session: Session, portfolio: Portfolio) -> None:
        self._session = session
        self._portfolio = portfolio

    def check_order(self, symbol: str, quantity: float, price: float | None = None) -> dict[str, Any]:
        """{allowed, reason}: whether the position would stay within its part of the account."""
        price = self._session.market.price(symbol) if price is None else float(price)
        if price is None:
            return {"allowed": False, "reason": f"{symbol} has no price yet"}
        value = abs(self._portfolio.get_position(symbol).quantity + float(quantity)) * price
        limit = self._portfolio.total_value * MAX_POSITION_SHARE
        if value > limit:
            return {"allowed": False, "reason": f"the position would be worth {value:.2f}, the limit is {limit:.2f}"}
        return {"allowed": True, "reason": ""}

    def calculate_position_size(self, symbol: str, risk_amount: float, entry_price: float, stop_price: float) -> float:
        """The quantity that loses `risk_amount` between entry and stop."""
        distance = abs(float(entry_price) - float(stop_price))
        if distance == 0:
            raise ValueError("entry and stop are the same price: no quantity follows from them")
        return float(risk_amount) / distance

    def get_max_position_size(self, symbol: str | None = None) -> float:
        """The largest quantity that `check_order` allows from nothing; 0 before the first bar."""
        price = self._session.market.price(symbol)
        return self._portfolio.total_value * MAX_POSITION_SHARE / price if price else 0.0

    def get_portfolio_risk(self) -> dict[str, float]:
        """Exposure and leverage by the account's value, and the fall below its highest."""
        value = self._portfolio.total_value
        exposure = sum(abs(position.market_value) for position in self._portfolio.positions.values())
        return {
            "exposure": exposure,
            "leverage": exposure / value if value > 0 else 0.0,
            "max_drawdown": float(self._session.memory["max_drawdown"]),
        }

    def get_var(self, confidence: float = 0.95) -> float:
        """Value at risk over one bar: from the returns of the window, of the positions as they are now."""
        changes: Any = 0.0
        for symbol, position in self._portfolio.positions.items():
            if symbol in self._session.market.symbols:
                closes = self._session.market.column(symbol, "close")
                returns = np.diff(closes) / closes[:-1]
                changes = _sum_from_the_end(changes, returns * position.market_value)
        if np.ndim(changes) == 0 or not len(changes):
            return 0.0
        return max(0.0, -float(np.quantile(changes, 1 - confidence)))


def _sum_from_the_end(left: Any, right: Any) -> Any:
    """Windows may be of different length; their ends are the same time."""
    if np.ndim(left) == 0:
        return right
    length = min(len(left), len(right))
    return left[len(left) - length :] + right[len(right) - length :]
