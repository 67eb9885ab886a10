"""How numbered messages follow each other, and which bars a run gets."""

import pytest

from builders import T0, a_bar
from strategy_contracts.market_protocol import BarMessage
from strategy_runner.bar_feed.gap_repair import Position, Step, SymbolOrder, bridge, judge, position_of

MINUTE = 60_000


@pytest.mark.parametrize(
    ("found", "step"),
    [
        pytest.param(Position(7, 11), Step.NEXT, id="the next number"),
        pytest.param(Position(7, 10), Step.OLD, id="the same number again"),
        pytest.param(Position(7, 3), Step.OLD, id="an earlier number"),
        pytest.param(Position(7, 12), Step.HOLE, id="a number is missing"),
        pytest.param(Position(8, 1), Step.NEW_EPOCH, id="the numbering began anew"),
        pytest.param(Position(8, 11), Step.NEW_EPOCH, id="a new numbering at the number that would be next"),
        pytest.param(Position(6, 11), Step.OLD, id="a gateway that has been replaced"),
    ],
)
def test_step_from_number_10_of_epoch_7(found: Position, step: Step) -> None:
    assert judge(Position(7, 10), found) is step


def test_epochs_are_compared_as_numbers() -> None:
    assert judge(position_of("999", 5), position_of("1000", 1)) is Step.NEW_EPOCH


def a_message(seq: int, epoch: int = 7) -> BarMessage:
    return BarMessage(epoch=str(epoch), seq=seq, bar=a_bar(seq), event_time_ms=T0, receive_time_ms=T0)


@pytest.mark.parametrize(
    ("stored", "numbers"),
    [
        pytest.param([11, 12, 13], [11, 12, 13], id="all there"),
        pytest.param([9, 10, 11, 12, 13, 14, 15], [11, 12, 13], id="more than needed"),
        pytest.param([11, 13], None, id="one lost"),
        pytest.param([12, 13], None, id="trimmed at the start"),
        pytest.param([11, 12], None, id="the newest not there"),
        pytest.param([], None, id="flushed"),
    ],
)
def test_bridge_from_10_to_13(stored: list[int], numbers: list[int] | None) -> None:
    messages = bridge(Position(7, 10), Position(7, 13), [a_message(seq) for seq in stored])
    assert (None if messages is None else [message.seq for message in messages]) == numbers


def test_messages_of_another_epoch_do_not_bridge() -> None:
    assert bridge(Position(7, 10), Position(7, 11), [a_message(11, epoch=6)]) is None


def test_closed_bars_pass_once_and_in_order() -> None:
    order = SymbolOrder(None)
    passed = [order.admits(a_bar(index)) for index in (0, 1, 1, 0, 2)]
    assert passed == [True, True, False, False, True]


def test_a_gap_in_the_series_itself_passes() -> None:
    order = SymbolOrder(None)
    assert [order.admits(a_bar(index)) for index in (0, 5)] == [True, True]


def test_bars_before_the_start_do_not_pass_not_even_revised() -> None:
    order = SymbolOrder(T0 + 3 * MINUTE)
    bars = [a_bar(2), a_bar(2, revision=1), a_bar(3)]
    assert [order.admits(bar) for bar in bars] == [False, False, True]


def test_progress_passes_until_its_bar_has_closed() -> None:
    order = SymbolOrder(None)
    bars = [a_bar(0, closed=False), a_bar(0), a_bar(0, closed=False), a_bar(1, closed=False)]
    assert [order.admits(bar) for bar in bars] == [True, True, False, True]


def test_a_closed_bar_passes_again_only_with_a_higher_revision() -> None:
    order = SymbolOrder(None)
    revisions = [0, 0, 1, 1, 3, 2]
    assert [order.admits(a_bar(0, revision=number)) for number in revisions] == [True, False, True, False, True, False]


def test_a_bar_that_came_late_passes_as_a_revision() -> None:
    order = SymbolOrder(None)
    bars = [a_bar(0), a_bar(2), a_bar(1, revision=1), a_bar(1, revision=1)]
    assert [order.admits(bar) for bar in bars] == [True, True, True, False]


def test_a_first_sight_with_a_revision_counts_as_that_revision() -> None:
    order = SymbolOrder(None)
    bars = [a_bar(0, revision=2), a_bar(0, revision=1), a_bar(0, revision=3)]
    assert [order.admits(bar) for bar in bars] == [True, False, True]
