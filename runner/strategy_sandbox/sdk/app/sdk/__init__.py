"""The platform's strategy SDK: `from app.sdk import BaseStrategy`. Quantities are positive decimals with a side."""

from strategy_sandbox.sdk.app.sdk.backtest import BacktestResult, BacktestRunner
from strategy_sandbox.sdk.app.sdk.data import Bar, MarketData
from strategy_sandbox.sdk.app.sdk.indicators import (
    Indicator,
    TechnicalIndicators,
    atr,
    bollinger_bands,
    ema,
    macd,
    rsi,
    sma,
    stochastic,
    williams_r,
)
from strategy_sandbox.sdk.app.sdk.orders import Order, OrderManager, OrderSide, OrderStatus, OrderType, TimeInForce
from strategy_sandbox.sdk.app.sdk.portfolio import Portfolio, Position, PositionSide
from strategy_sandbox.sdk.app.sdk.risk import RiskManager, RiskMetrics
from strategy_sandbox.sdk.app.sdk.strategy import BaseStrategy, StrategyContext

__all__ = [
    "BacktestResult",
    "BacktestRunner",
    "Bar",
    "BaseStrategy",
    "Indicator",
    "MarketData",
    "Order",
    "OrderManager",
    "OrderSide",
    "OrderStatus",
    "OrderType",
    "Portfolio",
    "Position",
    "PositionSide",
    "RiskManager",
    "RiskMetrics",
    "StrategyContext",
    "TechnicalIndicators",
    "TimeInForce",
    "atr",
    "bollinger_bands",
    "ema",
    "macd",
    "rsi",
    "sma",
    "stochastic",
    "williams_r",
]
