"""Requests per tenant: a burst, then an even pace; and no memory of tenants who left."""

import pytest

from strategy_api.errors import TooManyRequests
from strategy_api.rate_limit import RateLimit


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def taken(limit: RateLimit, requests: int) -> int:
    count = 0
    for _ in range(requests):
        try:
            limit.take("42")
        except TooManyRequests:
            continue
        count += 1
    return count


@pytest.mark.parametrize(
    ("waited_s", "let_through"),
    [
        pytest.param(0.0, 0, id="none at once"),
        pytest.param(0.1, 1, id="one per tenth of a second"),
        pytest.param(0.25, 2, id="two after a quarter"),
        pytest.param(60.0, 5, id="never more than a burst"),
    ],
)
def test_after_a_burst_the_pace_is_even(waited_s: float, let_through: int) -> None:
    time = Time()
    limit = RateLimit(per_second=10, burst=5, monotonic=time)
    assert taken(limit, 100) == 5
    time.now += waited_s
    assert taken(limit, 100) == let_through


def test_it_says_how_long_to_wait() -> None:
    time = Time()
    limit = RateLimit(per_second=2, burst=1, monotonic=time)
    limit.take("42")
    with pytest.raises(TooManyRequests) as refused:
        limit.take("42")
    assert refused.value.retry_after_s == pytest.approx(0.5)
    time.now += refused.value.retry_after_s
    limit.take("42")


def test_zero_is_no_limit() -> None:
    assert taken(RateLimit(per_second=0, burst=1, monotonic=Time()), 1000) == 1000
