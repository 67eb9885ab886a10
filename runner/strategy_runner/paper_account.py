"""The paper account: what the published signals would have done to a notional account.

Exact decimals; every order fills at once, whole, at the symbol's newest close, without fees. Stops and targets
are not simulated: they are for whoever executes the signal. It feeds the position and loss limits and nothing else.
"""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from strategy_contracts.checkpoint import PaperAccount, Position
from strategy_contracts.signal import Action
from strategy_contracts.timeframe import DAY_MS

Prices = Mapping[str, Decimal]


def exact(value: float) -> Decimal:
    """The number as it is written, not its binary neighbour: 0.1 stays 0.1."""
    return Decimal(repr(value))


def quantity_of(account: PaperAccount, symbol: str) -> Decimal:
    """The signed position in a symbol; negative is short."""
    position = account.positions.get(symbol)
    return Decimal(position.quantity) if position else Decimal(0)


def equity(account: PaperAccount, prices: Prices) -> Decimal:
    """Cash and positions; a symbol without a price counts at what was paid for it."""
    value = Decimal(account.cash)
    for symbol, position in account.positions.items():
        value += Decimal(position.quantity) * prices.get(symbol, Decimal(position.average_price))
    return value


def quantity_after(held: Decimal, action: Action, quantity: Decimal) -> Decimal:
    """The position that an action leads to."""
    match action:
        case Action.BUY:
            return held + quantity
        case Action.SELL:
            return held - quantity
        case Action.CLOSE_LONG:
            return min(held, Decimal(0))
        case Action.CLOSE_SHORT:
            return max(held, Decimal(0))
        case Action.CLOSE_ALL:
            return Decimal(0)
        case Action.HOLD:
            return held


def start_day(account: PaperAccount, time_ms: int, prices: Prices) -> PaperAccount:
    """On the first evaluation of a UTC day, note the equity that the day's loss is measured from."""
    day_ms = time_ms - time_ms % DAY_MS
    if account.day_ms == day_ms:
        return account
    return msgspec.structs.replace(account, day_ms=day_ms, day_start_equity=_text(equity(account, prices)))


def trade(account: PaperAccount, symbol: str, target: Decimal, price: Decimal) -> PaperAccount:
    """The account after the position in `symbol` has become `target` at `price`."""
    held = quantity_of(account, symbol)
    if target == held:
        return account
    change = target - held
    average = Decimal(account.positions[symbol].average_price) if symbol in account.positions else price
    reduced = min(abs(change), abs(held)) if held * change < 0 else Decimal(0)
    profit = (price - average) * reduced * (1 if held > 0 else -1)
    positions = {name: position for name, position in account.positions.items() if name != symbol}
    if target != 0:
        if held * change >= 0:
            average = (average * abs(held) + price * abs(change)) / abs(target)
        elif held * target < 0:
            average = price
        positions[symbol] = Position(quantity=_text(target), average_price=_text(average))
    return msgspec.structs.replace(
        account,
        cash=_text(Decimal(account.cash) - change * price),
        positions=positions,
        realized_pnl=_text(Decimal(account.realized_pnl) + profit),
    )


def summary(account: PaperAccount, prices: Prices) -> dict[str, object]:
    """What a strategy is shown of its account."""
    return {
        "cash": float(account.cash),
        "equity": float(equity(account, prices)),
        "realized_pnl": float(account.realized_pnl),
        "day_start_equity": float(account.day_start_equity),
        "positions": {
            symbol: {"quantity": float(position.quantity), "average_price": float(position.average_price)}
            for symbol, position in account.positions.items()
        },
    }


def _text(value: Decimal) -> str:
    """Plain digits without trailing zeros, so that equal amounts are equal texts."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
