from strategy_runner.market_clock import MarketClock


def test_nothing_is_known_before_the_first_exchange_time() -> None:
    assert MarketClock().now_ms(5.0) is None


def test_it_goes_on_by_the_monotonic_clock() -> None:
    clock = MarketClock()
    clock.observe(1_000_000, 10.0)
    assert clock.now_ms(12.5) == 1_002_500
    assert clock.monotonic_at(1_005_000) == 15.0


def test_it_never_goes_back() -> None:
    clock = MarketClock()
    clock.observe(1_000_000, 10.0)
    clock.observe(1_000_500, 12.0)
    assert clock.now_ms(12.0) == 1_002_000


def test_a_later_exchange_time_corrects_it() -> None:
    clock = MarketClock()
    clock.observe(1_000_000, 10.0)
    clock.observe(1_009_000, 12.0)
    assert clock.now_ms(13.0) == 1_010_000


def test_a_replay_moves_only_with_its_data() -> None:
    clock = MarketClock(extrapolates=False)
    clock.observe(1_000_000, 10.0)
    assert clock.now_ms(99.0) == 1_000_000
    assert clock.monotonic_at(1_005_000) is None
