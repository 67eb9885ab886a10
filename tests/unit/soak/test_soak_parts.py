"""The fuzzer itself: equal seeds make equal cases, what fails becomes small, bundles survive being one text."""

import time
from random import Random

import pytest
from hypothesis import strategies as st

from soak import frames
from soak.campaign import Campaign, Case, Defect, minimised
from soak.mutation import MAX_LENGTH, mutate_bytes, mutate_text
from soak.seeds import files_of, sources
from strategy_contracts.worker_protocol import LENGTH


class Picky:
    """Fails for texts with an x."""

    name = "picky"
    generated: st.SearchStrategy[Case] = st.text(alphabet="ab")

    def case(self, random: Random) -> Case:
        return "".join(random.choice("abcdefgx") for _ in range(50))

    def check(self, case: Case) -> str:
        if "x" in str(case):
            raise Defect("there is an x")
        return "fine"


def test_a_defect_is_found_made_small_and_can_be_made_again() -> None:
    campaign = Campaign(Picky(), 7, lambda: None)
    failure = campaign.run(20.0)
    assert failure is not None and (failure.case, failure.words) == ("x", "there is an x")
    number = int(failure.origin.rpartition(" ")[2])
    assert "x" in str(Campaign(Picky(), 7, lambda: None).case(number))


def test_a_target_without_defects_is_run_until_the_time_is_over() -> None:
    target = Picky()
    target.case = lambda random: "a"  # type: ignore[method-assign]
    campaign = Campaign(target, 1, lambda: None)
    assert campaign.run(0.2) is None
    assert campaign.tally.executions > 10


@pytest.mark.parametrize("seed", range(20))
def test_equal_seeds_make_equal_mutants_of_bounded_length(seed: int) -> None:
    text, other = sources()[0], sources()[3]
    assert mutate_text(text, other, Random(seed)) == mutate_text(text, other, Random(seed))
    assert len(mutate_text(text, other, Random(seed))) <= MAX_LENGTH
    assert mutate_bytes(b"abc", b"def", Random(seed)) == mutate_bytes(b"abc", b"def", Random(seed))


def test_nothing_that_does_not_fail_is_taken_for_smaller() -> None:
    assert minimised("aaxbbxcc", lambda case: case.count("x") == 2, time.monotonic() + 5) == "xx"
    assert minimised(b"ab", lambda case: case == b"ab", time.monotonic() + 5) == b"ab"


def test_a_text_with_marks_is_a_bundle() -> None:
    assert files_of("a\n#:file b/c.py\nd\ne") == {"main.py": "a", "b/c.py": "d\ne"}


def test_cases_are_sent_framed_torn_doubled_or_as_they_are() -> None:
    assert frames.to_send(b"\x00ab") == LENGTH.pack(2) + b"ab"
    assert frames.to_send(b"\xf0ab") == (LENGTH.pack(2) + b"ab") * 2
    assert frames.to_send(b"\xf1ab") == b"ab"
    assert frames.to_send(b"\xf2ab") == LENGTH.pack(2 + 0xF2) + b"ab"
    assert frames.to_send(b"\x00" + frames.REQUEST_ID.to_bytes(8, "big"), 5).endswith(b"\x00\x05")
