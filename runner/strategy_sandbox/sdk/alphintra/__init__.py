"""The platform's documented SDK: `from alphintra import BaseStrategy`. Quantities are signed floats."""

from strategy_sandbox.sdk.alphintra.backtest import BacktestRunner
from strategy_sandbox.sdk.alphintra.context import StrategyContext
from strategy_sandbox.sdk.alphintra.market_data import MarketData
from strategy_sandbox.sdk.alphintra.orders import Order, OrderManager
from strategy_sandbox.sdk.alphintra.portfolio import Portfolio, Position
from strategy_sandbox.sdk.alphintra.risk import RiskManager
from strategy_sandbox.sdk.alphintra.strategy import BaseStrategy

__all__ = [
    "BacktestRunner",
    "BaseStrategy",
    "MarketData",
    "Order",
    "OrderManager",
    "Portfolio",
    "Position",
    "RiskManager",
    "StrategyContext",
]
