"""Who keeps which channels alive, and for how long."""

from market_gateway.subscriptions import SubscriptionRecord, Subscriptions
from strategy_contracts.market_protocol import Channel
from strategy_contracts.timeframe import Timeframe

BTC = Channel(provider="binance", symbol="BTCUSDT", timeframe=Timeframe.M1)
ETH = Channel(provider="binance", symbol="ETHUSDT", timeframe=Timeframe.M1)


def test_a_channel_is_wanted_while_its_runner_renews() -> None:
    subscriptions = Subscriptions()
    subscriptions.put("a", [BTC], now=0)
    subscriptions.put("a", [BTC], now=50)
    assert subscriptions.expire(now=100) == []
    assert subscriptions.wanted(now=100) == {BTC}


def test_a_runner_that_does_not_renew_expires_and_its_channel_lingers() -> None:
    subscriptions = Subscriptions()
    subscriptions.put("a", [BTC], now=0)
    assert subscriptions.expire(now=60) == ["a"]
    assert subscriptions.wanted(now=119) == {BTC}
    assert subscriptions.wanted(now=121) == set()


def test_a_channel_of_two_runners_outlives_one_of_them() -> None:
    subscriptions = Subscriptions()
    subscriptions.put("a", [BTC, ETH], now=0)
    subscriptions.put("b", [BTC], now=0)
    subscriptions.delete("a", now=0)
    subscriptions.put("b", [BTC], now=59)
    assert subscriptions.wanted(now=61) == {BTC}


def test_a_restart_within_the_linger_time_keeps_the_channel() -> None:
    subscriptions = Subscriptions()
    subscriptions.put("a", [BTC], now=0)
    subscriptions.delete("a", now=10)
    subscriptions.put("a", [BTC], now=30)
    assert subscriptions.wanted(now=75) == {BTC}


def test_a_changed_list_lets_the_old_channel_linger() -> None:
    subscriptions = Subscriptions()
    subscriptions.put("a", [BTC], now=0)
    subscriptions.put("a", [ETH], now=10)
    assert subscriptions.wanted(now=20) == {BTC, ETH}
    assert subscriptions.wanted(now=75) == {ETH}


def test_records_of_another_process_are_taken_over_with_their_times() -> None:
    subscriptions = Subscriptions()
    subscriptions.restore({"a": SubscriptionRecord(channels=(BTC,), expires_at=30)})
    assert subscriptions.wanted(now=10) == {BTC}
    assert subscriptions.expire(now=30) == ["a"]


def test_deleting_an_unknown_runner_is_nothing() -> None:
    subscriptions = Subscriptions()
    subscriptions.delete("a", now=0)
    assert subscriptions.wanted(now=0) == set()
