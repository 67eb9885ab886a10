from alphintra import BacktestRunner, BaseStrategy


class Momentum(BaseStrategy):
    def on_bar(self, context):
        bars = context.market_data.get_bars(count=6)
        if len(bars) < 6:
            return
        change = bars["close"].iloc[-1] / bars["close"].iloc[0]
        if change > 1.001:
            context.order_manager.market_order(context.symbol, 0.5)
        elif change < 0.999:
            context.order_manager.market_order(context.symbol, -0.5)


if __name__ == "__main__":
    BacktestRunner(Momentum()).run()
