"""The BacktestRunner that documented examples import; a run that gives signals runs no backtest inside itself."""

from strategy_sandbox.sdk.app.sdk.backtest import BacktestRunner

__all__ = ["BacktestRunner"]
