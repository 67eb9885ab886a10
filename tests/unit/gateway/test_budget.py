"""The request budget: weight per minute, the provider's own count, and waits that it orders."""

from collections.abc import Callable

import pytest

from market_gateway.budget import Budget
from market_gateway.errors import ProviderUnavailable


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self.while_sleeping: Callable[[], None] = lambda: None

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        self.while_sleeping()


def a_budget(time: Time, limit: int = 600, patience_s: float = 10.0) -> Budget:
    return Budget(limit, monotonic=time.monotonic, sleep=time.sleep, patience_s=patience_s, reserve=0.1)


async def test_requests_within_the_allowance_do_not_wait() -> None:
    time = Time()
    budget = a_budget(time)
    for _ in range(270):
        await budget.spend(2)
    assert time.slept == []
    assert budget.used_ratio == pytest.approx(1.0)


async def test_the_request_after_the_allowance_waits_for_its_weight() -> None:
    time = Time()
    budget = a_budget(time)
    budget.observe_used(540)
    await budget.spend(20)
    assert time.slept == [pytest.approx(2.0)]


async def test_a_wait_beyond_patience_is_refused_with_its_length() -> None:
    time = Time()
    budget = a_budget(time)
    budget.observe_used(740)
    with pytest.raises(ProviderUnavailable, match="allowance is used up: 22 s left") as refusal:
        await budget.spend(20)
    assert refusal.value.retry_after_s == pytest.approx(22.0)


async def test_the_providers_count_is_believed_when_it_is_higher_than_ours() -> None:
    budget = a_budget(Time())
    await budget.spend(2)
    budget.observe_used(270)
    assert budget.used_ratio == pytest.approx(0.5)


async def test_the_providers_count_is_not_believed_when_it_is_lower_than_ours() -> None:
    budget = a_budget(Time())
    await budget.spend(270)
    budget.observe_used(2)
    assert budget.used_ratio == pytest.approx(0.5)


async def test_a_short_silence_is_waited_out_by_every_caller() -> None:
    time = Time()
    budget = a_budget(time)
    budget.block(3.0)
    await budget.spend(2)
    await budget.spend(2)
    assert time.slept == [pytest.approx(3.0)]


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        pytest.param(60.0, 5.0, 60.0, id="a shorter order does not shorten a ban"),
        pytest.param(5.0, 60.0, 60.0, id="a longer order extends it"),
    ],
)
async def test_a_ban_refuses_everybody(first: float, second: float, left: float) -> None:
    budget = a_budget(Time())
    budget.block(first)
    budget.block(second)
    with pytest.raises(ProviderUnavailable) as refusal:
        await budget.spend(1)
    assert refusal.value.retry_after_s == pytest.approx(left)


async def test_a_silence_ordered_during_a_wait_is_honoured_too() -> None:
    time = Time()
    budget = a_budget(time)
    budget.block(2.0)
    time.while_sleeping = lambda: budget.block(120.0)
    with pytest.raises(ProviderUnavailable, match="told us to wait: 120 s left"):
        await budget.spend(1)


async def test_a_lower_published_limit_takes_effect_at_once() -> None:
    budget = a_budget(Time(), limit=6000)
    budget.learn_limit(600)
    with pytest.raises(ProviderUnavailable):
        await budget.spend(700)
