"""`self.risk`: checks that a strategy makes of itself. The limits of the run are the supervisor's, whatever is set."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from strategy_sandbox.sdk.amounts import exact
from strategy_sandbox.sdk.app.sdk.portfolio import Portfolio
from strategy_sandbox.sdk.order_book import Order
from strategy_sandbox.sdk.parts import SdkPart
from strategy_sandbox.sdk.session import Session

DEFAULT_LIMITS: Final = {
    "max_portfolio_loss": 0.10,
    "max_daily_loss": 0.05,
    "max_position_size": 0.20,
    "max_leverage": 2.0,
}


@dataclass(frozen=True)
class RiskMetrics:
    """Fractions of the account's value."""

    portfolio_value: float
    portfolio_loss: float
    daily_loss: float
    leverage: float
    max_drawdown: float


class RiskManager(SdkPart):
    """Limits and what went beyond them travel with the strategy's state."""

    def __init__(self, session: Session, portfolio: Portfolio) -> None:
        self._session = session
        self._portfolio = portfolio
        session.memory["risk"] = {"limits": dict(DEFAULT_LIMITS), "off": [], "violations": [], "liquidates": False}

    def set_risk_limit(self, name: str, value: float) -> None:
        if name not in DEFAULT_LIMITS:
            raise ValueError(f"{name!r} is not one of {', '.join(DEFAULT_LIMITS)}")
        self._memory["limits"][name] = float(value)

    def enable_rule(self, name: str, enabled: bool = True) -> None:
        if name not in DEFAULT_LIMITS:
            raise ValueError(f"{name!r} is not one of {', '.join(DEFAULT_LIMITS)}")
        self._memory["off"] = sorted({*self._memory["off"]} - {name} | (set() if enabled else {name}))

    def get_metrics(self) -> RiskMetrics:
        value, account = float(self._portfolio.total_value), self._session.account
        exposure = sum(float(position.market_value) for position in self._portfolio.positions.values())
        start, initial = float(account.day_start_equity), float(self._portfolio.initial_capital)
        return RiskMetrics(
            portfolio_value=value,
            portfolio_loss=max(0.0, (initial - value) / initial),
            daily_loss=max(0.0, (start - value) / start) if start else 0.0,
            leverage=exposure / value if value > 0 else 0.0,
            max_drawdown=self._portfolio.max_drawdown,
        )

    def check_portfolio_risk(self, prices: Mapping[str, Any] | None = None) -> list[str]:
        """A sentence for each limit that the account is beyond; empty when all is well."""
        metrics = self.get_metrics()
        measured = {
            "max_portfolio_loss": metrics.portfolio_loss,
            "max_daily_loss": metrics.daily_loss,
            "max_leverage": metrics.leverage,
        }
        found = [
            f"{name}: {value:.4f} is above {self._memory['limits'][name]}"
            for name, value in measured.items()
            if name not in self._memory["off"] and value > self._memory["limits"][name]
        ]
        self._memory["violations"] = [*self._memory["violations"], *found][-20:]
        if found and self._memory["liquidates"]:
            self.emergency_liquidation("; ".join(found))
        return found

    def check_position_risk(self, symbol: str, quantity: Any, price: Any = None, side: str = "buy") -> tuple[bool, str]:
        """Whether an order would keep the position within its part of the account, and why not."""
        price = self._session.market.price(symbol) if price is None else price
        if price is None:
            return False, f"{symbol} has no price yet"
        value = float(self._portfolio.total_value)
        held = self._portfolio.get_position(symbol)
        signed = float(held.quantity) * (1 if held.side.value == "long" else -1) if held is not None else 0.0
        after = signed + float(exact(quantity)) * (1 if side in ("buy", "long") else -1)
        share = abs(after) * float(price) / value if value > 0 else float("inf")
        limit = self._memory["limits"]["max_position_size"]
        if "max_position_size" not in self._memory["off"] and share > limit:
            return False, f"the position would be {share:.4f} of the account, above {limit}"
        return True, ""

    def get_risk_summary(self) -> dict[str, Any]:
        return {
            "limits": dict(self._memory["limits"]),
            "violations": list(self._memory["violations"]),
            "metrics": vars(self.get_metrics()),
            "auto_liquidation": self._memory["liquidates"],
        }

    def reset_violations(self) -> None:
        self._memory["violations"] = []

    def enable_auto_liquidation(self, enabled: bool = True) -> None:
        """Close everything when `check_portfolio_risk` finds something."""
        self._memory["liquidates"] = bool(enabled)

    def emergency_liquidation(self, reason: str = "") -> list[Order]:
        """Orders that end all positions."""
        return self._portfolio.close_all_positions()

    @property
    def _memory(self) -> dict[str, Any]:
        memory: dict[str, Any] = self._session.memory["risk"]
        return memory
