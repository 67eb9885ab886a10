from datetime import datetime


class WorkflowStrategy:
    def __init__(self, config=None):
        self.config = config or {}

    def execute_strategy(self, data, current_portfolio=None):
        orders = []
        try:
            change = data["close"].iloc[-1] / data["close"].iloc[-6]
        except IndexError:
            logger.debug("too few bars")
            return orders
        if change > 1.001 or change < 0.999:
            orders.append(
                {
                    "action": "buy" if change > 1.001 else "sell",
                    "symbol": self.config.get("symbol", "BTCUSDT"),
                    "quantity": self.config.get("quantity", 0.3),
                    "order_type": "market",
                    "price": data["close"].iloc[-1],
                    "timestamp": datetime.now().isoformat(),
                    "signal_id": "sig-1",
                }
            )
        return orders


def create_strategy_instance(config):
    return WorkflowStrategy(config)
