from dataclasses import dataclass, field
from enum import Enum


class SignalType(Enum):
    BUY = "buy"
    SELL = "sell"
    HOLD = "hold"
    CLOSE = "close"


@dataclass
class TradingSignal:
    signal_type: SignalType
    strength: float
    confidence: float
    price: float
    quantity: float = 1.0
    metadata: dict = field(default_factory=dict)


class Base:
    def __init__(self, strategy_id, config):
        self.strategy_id, self.config = strategy_id, config


class Momentum(Base):
    async def change(self, market_data):
        return market_data[-1].close / market_data[-6].close

    async def generate_signal(self, market_data):
        if len(market_data) < 6:
            return None
        change = await self.change(market_data)
        if 0.999 <= change <= 1.001:
            return None
        kind = SignalType.BUY if change > 1.001 else SignalType.SELL
        return TradingSignal(kind, strength=abs(change - 1), confidence=0.8, price=market_data[-1].close)
