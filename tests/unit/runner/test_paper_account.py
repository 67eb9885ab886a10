"""Exact decimals, both directions, and the day's starting point."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import T0
from strategy_contracts.checkpoint import PaperAccount, Position
from strategy_contracts.signal import Action
from strategy_contracts.timeframe import DAY_MS
from strategy_runner.paper_account import equity, exact, quantity_after, quantity_of, start_day, summary, trade

D = Decimal


@pytest.mark.parametrize(
    ("held", "action", "after"),
    [
        pytest.param("0", Action.BUY, "2", id="a purchase opens a long position"),
        pytest.param("-1", Action.BUY, "1", id="a purchase covers a short one first"),
        pytest.param("0", Action.SELL, "-2", id="a sale opens a short position"),
        pytest.param("3", Action.CLOSE_LONG, "0", id="close long closes a long"),
        pytest.param("-3", Action.CLOSE_LONG, "-3", id="close long leaves a short"),
        pytest.param("-3", Action.CLOSE_SHORT, "0", id="close short closes a short"),
        pytest.param("3", Action.CLOSE_SHORT, "3", id="close short leaves a long"),
        pytest.param("-3", Action.CLOSE_ALL, "0", id="close all closes either"),
        pytest.param("3", Action.HOLD, "3", id="hold does nothing"),
    ],
)
def test_what_an_action_leads_to(held: str, action: Action, after: str) -> None:
    assert quantity_after(D(held), action, D(2)) == D(after)


def test_floats_become_the_decimals_they_are_written_as() -> None:
    assert exact(0.1) == D("0.1")
    assert exact(1e-7) == D("0.0000001")


def test_a_round_trip_leaves_cash_and_profit() -> None:
    account = trade(PaperAccount(), "BTC", D("0.1"), D("20000"))
    assert account.cash == "98000"
    assert account.positions == {"BTC": Position(quantity="0.1", average_price="20000")}
    account = trade(account, "BTC", D("0"), D("21000.5"))
    assert (account.cash, account.realized_pnl, account.positions) == ("100100.05", "100.05", {})


def test_a_second_purchase_averages_the_price() -> None:
    account = trade(trade(PaperAccount(), "BTC", D(1), D(100)), "BTC", D(3), D(130))
    assert account.positions["BTC"] == Position(quantity="3", average_price="120")


def test_a_partial_sale_keeps_the_average_price() -> None:
    account = trade(trade(PaperAccount(), "BTC", D(4), D(100)), "BTC", D(1), D(110))
    assert account.positions["BTC"] == Position(quantity="1", average_price="100")
    assert account.realized_pnl == "30"


def test_turning_a_position_takes_the_new_price() -> None:
    account = trade(trade(PaperAccount(), "BTC", D(1), D(100)), "BTC", D(-2), D(90))
    assert account.positions["BTC"] == Position(quantity="-2", average_price="90")
    assert account.realized_pnl == "-10"


def test_a_short_gains_when_the_price_falls() -> None:
    account = trade(trade(PaperAccount(), "BTC", D(-1), D(100)), "BTC", D(0), D(70))
    assert (account.cash, account.realized_pnl) == ("100030", "30")


def test_the_day_starts_with_the_equity_of_its_first_evaluation() -> None:
    account = trade(PaperAccount(), "BTC", D(1), D(100))
    morning = start_day(account, T0, {"BTC": D(150)})
    assert (morning.day_ms, morning.day_start_equity) == (T0, "100050")
    assert start_day(morning, T0 + 3_600_000, {"BTC": D(999)}) == morning
    assert start_day(morning, T0 + DAY_MS, {"BTC": D(90)}).day_start_equity == "99990"


def test_the_summary_is_plain_numbers() -> None:
    account = trade(PaperAccount(), "BTC", D("0.5"), D(100))
    assert summary(account, {"BTC": D(120)}) == {
        "cash": 99950.0,
        "equity": 100010.0,
        "realized_pnl": 0.0,
        "day_start_equity": 100000.0,
        "positions": {"BTC": {"quantity": 0.5, "average_price": 100.0}},
    }


amounts = st.decimals(min_value=-50, max_value=50, places=3)
prices = st.decimals(min_value="0.01", max_value=100_000, places=2)


@given(st.lists(st.tuples(st.sampled_from(["A", "B"]), amounts, prices), max_size=12))
def test_equity_is_start_plus_realised_plus_open_profit(trades: list[tuple[str, Decimal, Decimal]]) -> None:
    account, last = PaperAccount(), {"A": D(1), "B": D(1)}
    for symbol, target, price in trades:
        account, last[symbol] = trade(account, symbol, target, price), price
    open_profit = sum(
        (
            quantity_of(account, symbol) * (last[symbol] - D(position.average_price))
            for symbol, position in account.positions.items()
        ),
        D(0),
    )
    expected = D(100_000) + D(account.realized_pnl) + open_profit
    assert abs(equity(account, last) - expected) < D("0.0001")
