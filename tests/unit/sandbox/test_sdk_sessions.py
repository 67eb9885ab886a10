"""The SDKs from evaluation to evaluation: orders become candidates, fills come back, hooks are told."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from strategy_contracts.bar import Bar
from strategy_contracts.bundle import EntryPoint, Shape
from strategy_contracts.worker_protocol import Candidate, Load
from strategy_sandbox.moment import Moment
from strategy_sandbox.sdk import alphintra
from strategy_sandbox.sdk.app import sdk
from strategy_sandbox.sdk.context_giving import SdkSession, session_for
from strategy_sandbox.sdk.parts import NotAvailable
from strategy_sandbox.windows import BarWindow

MINUTE_MS = 60_000
FLAT = {"cash": 100_000.0, "equity": 100_000.0, "realized_pnl": 0.0, "positions": {}, "fills": []}


class Recorder(sdk.BaseStrategy):
    """Does at each bar what it is told, and writes down what the hooks say."""

    def __init__(self, act: Callable[["Recorder"], Any] = lambda _: None) -> None:
        super().__init__()
        self.act = act
        self.told: list[Any] = []

    def on_bar(self) -> None:
        self.act(self)

    def on_order_filled(self, order: sdk.Order) -> None:
        self.told.append(("filled", order.id, str(order.avg_fill_price), order.status.value))

    def on_order_cancelled(self, order: sdk.Order) -> None:
        self.told.append(("kept back", order.id, order.status.value))

    def on_position_opened(self, position: sdk.Position) -> None:
        self.told.append(("opened", position.symbol, position.side.value, str(position.quantity)))

    def on_position_closed(self, position: sdk.Position) -> None:
        self.told.append(("closed", position.symbol, position.side.value, position.is_closed()))


class Signed(alphintra.BaseStrategy):
    """The same for the documented SDK."""

    def __init__(self, act: Callable[[alphintra.StrategyContext], Any]) -> None:
        super().__init__()
        self.act = act
        self.told: list[Any] = []

    def on_bar(self, context: alphintra.StrategyContext) -> None:
        self.act(context)

    def on_order_fill(self, context: alphintra.StrategyContext, order: alphintra.Order) -> None:
        self.told.append((order.id, order.quantity, order.avg_fill_price, order.status))

    def on_error(self, context: alphintra.StrategyContext, error: Exception) -> None:
        self.told.append(str(error))


def session(strategy: object, symbols: tuple[str, ...] = ("BTCUSDT",), **parameters: Any) -> SdkSession:
    entry_point = EntryPoint(shape=Shape.ON_BAR, file="main.py", name="Mine", method="on_bar", arity=0)
    load = Load(
        id=1,
        files={},
        entry_point=entry_point,
        parameters=parameters,
        symbols=symbols,
        timeframe="1m",
        lookback_bars=50,
    )
    made = session_for(strategy, load, symbols)
    assert made is not None
    made.initialize()
    return made


def moment(number: int, account: dict[str, Any] | None = None, symbols: tuple[str, ...] = ("BTCUSDT",)) -> Moment:
    """After `number` bars, the last of which closes at 100 + number."""
    windows = {symbol: BarWindow(50) for symbol in symbols}
    bars = [Bar(n * MINUTE_MS, 100.0 + n, 102.0 + n, 99.0 + n, 101.0 + n, 5.0) for n in range(number)]
    for window in windows.values():
        window.add(bars)
    return Moment(time_ms=number * MINUTE_MS, windows=windows, news={}, account=account or FLAT)


def ask(made: SdkSession, at: Moment) -> list[Candidate]:
    made.begin(at)
    made.ask()
    return made.finish()


def account(quantity: float, *fills: tuple[int, float]) -> dict[str, Any]:
    positions = {"BTCUSDT": {"quantity": quantity, "average_price": 110.0}} if quantity else {}
    told = [{"order": order, "symbol": "BTCUSDT", "quantity": change, "price": 110.0} for order, change in fills]
    return {**FLAT, "positions": positions, "fills": told}


def test_orders_become_candidates_in_order_of_placement_without_the_cancelled() -> None:
    def place(strategy: Recorder) -> None:
        orders = strategy.orders
        orders.market_order("BTCUSDT", 0.5, "BUY")
        dropped = orders.market_order("BTCUSDT", 9, "sell")
        orders.limit_order("BTCUSDT", 1, "short", 120.5)
        orders.stop_order("BTCUSDT", 2, "long", 130)
        orders.trailing_stop_order("BTCUSDT", 1, "sell", trail_percent=10)
        assert orders.cancel_order(dropped.id, "no") and not orders.cancel_order("unknown")
        assert len(orders.get_active_orders("BTCUSDT")) == 4

    found = ask(session(Recorder(place)), moment(10))
    assert [(item.action, item.quantity, item.order_type, item.price_target) for item in found] == [
        ("BUY", 0.5, "MARKET", None),
        ("SELL", 1.0, "LIMIT", 120.5),
        ("BUY", 2.0, "STOP", 130.0),
        ("SELL", 1.0, "STOP", pytest.approx(99.0)),
    ]
    assert found[0].metadata == {"order_id": "order-600000-1"}
    assert found[3].metadata["trail_percent"] == 10.0


def test_the_hooks_are_told_what_was_published_and_what_was_not() -> None:
    strategy = Recorder(lambda s: [s.orders.market_order("BTCUSDT", n, "buy") for n in (1, 2)])
    made = session(strategy)
    ask(made, moment(10))
    strategy.act = lambda _: None
    ask(made, moment(11, account(2.0, (1, 2.0))))
    assert strategy.told == [
        ("kept back", "order-600000-1", "rejected"),
        ("filled", "order-600000-2", "110.0", "filled"),
        ("opened", "BTCUSDT", "long", "2.0"),
    ]
    assert strategy.portfolio.total_trades == 1
    ask(made, moment(12, FLAT))
    assert strategy.told[-1] == ("closed", "BTCUSDT", "long", True)


def test_a_fresh_worker_knows_the_orders_of_the_one_before() -> None:
    first = session(Recorder(lambda s: s.orders.market_order("BTCUSDT", 1, "buy")))
    ask(first, moment(10))
    kept = {section: msgspec.msgpack.decode(msgspec.msgpack.encode(names)) for section, names in first.carriers.items()}
    strategy = Recorder()
    second = session(strategy)
    for section, names in kept.items():
        second.carriers[section].update(names)
    ask(second, moment(11, account(1.0, (0, 1.0))))
    assert strategy.told[0] == ("filled", "order-600000-1", "110.0", "filled")
    (order,) = strategy.orders.get_orders()
    assert order.is_filled() and order.filled_quantity == 1 and strategy.context.bar_count == 2


def test_data_portfolio_and_risk_say_what_is_so() -> None:
    strategy = Recorder()
    ask(session(strategy), moment(30, {**account(-2.0), "cash": 100_220.0, "equity": 99_960.0}))
    data, portfolio = strategy.data, strategy.portfolio
    assert [bar.close for bar in data.get_bars("BTCUSDT", 2)] == [129.0, 130.0]
    assert data.get_prices("BTCUSDT", 3, "high") == [129.0, 130.0, 131.0]
    assert data.sma("BTCUSDT", 10) == 125.5 and data.sma("BTCUSDT", 31) is None
    position = portfolio.get_position("BTCUSDT")
    assert position is not None and (position.side, position.quantity) == ("short", 2)
    assert position.get_unrealized_pnl() == -40 and position.get_unrealized_pnl(100) == 20
    assert portfolio.total_pnl == -40 and portfolio.positions_value == -260
    assert portfolio.cash_balance * 0.5 == 50_110 and portfolio.calculate_drawdown() == pytest.approx(0.0004)
    assert strategy.risk.check_portfolio_risk() == []
    assert strategy.risk.check_position_risk("BTCUSDT", 500, 130) == (
        False,
        "the position would be 0.6477 of the account, above 0.2",
    )
    assert strategy.get_strategy_info()["name"] == "Recorder"
    assert strategy.get_required_data()["timeframe"] == "1m"


def test_closing_a_position_closes_whatever_is_held() -> None:
    strategy = Recorder(lambda s: s.portfolio.close_all_positions())
    (candidate,) = ask(session(strategy), moment(10, account(3.0)))
    assert (candidate.action, candidate.quantity) == ("CLOSE_LONG", 3.0)
    assert ask(session(strategy), moment(10)) == []


@pytest.mark.parametrize(
    ("act", "words"),
    [
        pytest.param(lambda s: s.orders.market_order("ETHUSDT", 1, "buy"), "symbols of this run: BTCUSDT", id="symbol"),
        pytest.param(lambda s: s.orders.market_order("BTCUSDT", 0, "buy"), "quantity must be above 0", id="nothing"),
        pytest.param(lambda s: s.orders.market_order("BTCUSDT", "1", "buy"), "a number is needed", id="a text"),
        pytest.param(lambda s: s.orders.market_order("BTCUSDT", 1, "buyy"), "side must be", id="an unknown side"),
        pytest.param(lambda s: s.orders.limit_order("BTCUSDT", 1, "buy", -1), "price must be above 0", id="a price"),
        pytest.param(lambda s: s.orders.trailing_stop_order("BTCUSDT", 1, "buy"), "one of them", id="no trail"),
        pytest.param(lambda s: s.data.get_bars("BTCUSDT", 5, "1d"), "this run has 1m", id="another timeframe"),
        pytest.param(lambda s: s.data.get_prices("BTCUSDT", 5, "bid"), "not one of open", id="another column"),
        pytest.param(lambda s: s.data.load_data("x"), "load_data is not needed", id="own data"),
        pytest.param(lambda s: s.portfolio.update_position("x"), "place an order", id="a position by hand"),
        pytest.param(lambda s: s.risk.set_risk_limit("x", 1), "not one of max_portfolio_loss", id="an unknown limit"),
        pytest.param(lambda s: sdk.BacktestRunner(s).run(), "strategyctl run", id="a backtest inside"),
    ],
)
def test_what_there_is_not_is_said(act: Callable[[Recorder], Any], words: str) -> None:
    with pytest.raises((ValueError, NotAvailable), match=words):
        ask(session(Recorder(act)), moment(10))


def test_orders_wait_for_the_first_bar_and_parameters_are_validated() -> None:
    class Early(sdk.BaseStrategy):
        def initialize(self) -> None:
            self.orders.market_order("BTCUSDT", 1, "buy")

    with pytest.raises(ValueError, match="not while the strategy starts"):
        session(Early())

    class Strict(sdk.BaseStrategy):
        def validate_parameters(self) -> list[str]:
            return ["period must be above 1"] if self.get_parameter("period") < 2 else []

    session(Strict(), period=2)
    with pytest.raises(Exception, match="period must be above 1"):
        session(Strict(), period=1)


def test_the_documented_sdk_has_signed_quantities_and_frames() -> None:
    seen: dict[str, Any] = {}

    def act(context: alphintra.StrategyContext) -> None:
        bars = context.market_data.get_bars(count=3)
        seen["columns"], seen["closes"] = list(bars.columns), bars["close"].tolist()
        seen["position"] = context.portfolio.get_position(context.symbol)
        seen["ids"] = [
            context.order_manager.market_order("BTCUSDT", -1.5, client_id="mine"),
            context.order_manager.stop_limit_order("BTCUSDT", 2, 120, 121),
        ]
        seen["open"] = [order.quantity for order in context.order_manager.get_open_orders()]
        seen["allowed"] = context.risk_manager.check_order("BTCUSDT", 1)["allowed"]
        seen["size"] = context.risk_manager.calculate_position_size("BTCUSDT", 100, 110, 100)

    strategy = Signed(act)
    made = session(strategy)
    found = ask(made, moment(10))
    assert [(item.action, item.quantity, item.price_target) for item in found] == [
        ("SELL", 1.5, None),
        ("BUY", 2.0, 121.0),
    ]
    assert found[1].metadata["stop_price"] == 120.0
    assert seen["columns"] == ["timestamp", "open", "high", "low", "close", "volume"]
    assert seen["closes"] == [108.0, 109.0, 110.0] and seen["position"].is_flat
    assert seen["ids"] == ["mine", "order-600000-2"] and seen["open"] == [-1.5, 2.0]
    assert seen["allowed"] is True and seen["size"] == 10.0
    strategy.act = lambda context: seen.update(status=context.order_manager.get_order_status("mine"))
    ask(made, moment(11, account(-1.5, (0, -1.5))))
    assert strategy.told == [("mine", -1.5, 110.0, "filled")] and seen["status"] == "filled"


@pytest.mark.parametrize(
    ("act", "words"),
    [
        pytest.param(lambda c: c.market_data.get_bid_ask("BTCUSDT"), "get_bid_ask is not available", id="quotes"),
        pytest.param(lambda c: c.market_data.get_orderbook(depth=5), "closed bars only", id="order book"),
        pytest.param(lambda c: c.market_data.get_bars(timeframe="5m"), "this run has 1m", id="another timeframe"),
        pytest.param(lambda c: c.order_manager.market_order("BTCUSDT", 0), "it is 0", id="nothing"),
        pytest.param(
            lambda c: c.order_manager.limit_order("BTCUSDT", 1, 1, time_in_force="NOW"), "DAY, GTC", id="in force"
        ),
    ],
)
def test_an_error_of_the_documented_sdk_is_told_and_passes(act: Callable[[Any], Any], words: str) -> None:
    strategy = Signed(act)
    made = session(strategy)
    with pytest.raises((ValueError, NotAvailable), match=words):
        ask(made, moment(10))
    assert len(strategy.told) == 1


def test_without_a_name_the_symbol_must_be_the_only_one() -> None:
    symbols = ("BTCUSDT", "ETHUSDT")
    made = session(Signed(lambda context: context.market_data.get_bars()), symbols)
    with pytest.raises(ValueError, match="name the symbol"):
        ask(made, moment(10, symbols=symbols))
