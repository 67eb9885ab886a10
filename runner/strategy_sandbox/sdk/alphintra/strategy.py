"""The documented BaseStrategy: its methods are given the context."""

from typing import Any

from strategy_sandbox.sdk.alphintra.context import StrategyContext
from strategy_sandbox.sdk.alphintra.orders import Order


class BaseStrategy:
    """Derive from it, define `on_bar`, and place orders through `context.order_manager`."""

    def __init__(self, name: str | None = None, parameters: dict[str, Any] | None = None) -> None:
        self.name = name or type(self).__name__
        self.parameters: dict[str, Any] = dict(parameters or {})

    def initialize(self, context: StrategyContext) -> None:
        """Once, before the first bar; there are no bars yet."""

    def on_bar(self, context: StrategyContext) -> None:
        """At every evaluation."""
        raise NotImplementedError(f"{type(self).__name__} must define on_bar(self, context)")

    def on_order_fill(self, context: StrategyContext, order: Order) -> None:
        """Before on_bar, for each order of the evaluation before that was published."""

    def on_error(self, context: StrategyContext, error: Exception) -> None:
        """When on_bar has raised; the error counts all the same, and nothing of the evaluation is published."""

    def on_market_open(self, context: StrategyContext) -> None:
        """Never called: a run knows bars, not trading hours."""

    def on_market_close(self, context: StrategyContext) -> None:
        """Never called: a run knows bars, not trading hours."""
