"""kill -9 of a writer at every stage of a commit, and at any moment at all: nothing lost, nothing twice."""

import asyncio
import random
import signal

import pytest

from integration.log.evaluations import expected_signals, identities
from integration.log.log_reader import fresh_execution, published
from integration.log.writer_process import STAGES, WriterProcess

EVALUATIONS = 8
MANY_EVALUATIONS, KILLS, SEED = 600, 8, 20_261_122


@pytest.mark.parametrize("stage", STAGES)
async def test_a_killed_writer_is_continued_without_loss_or_repetition(servers: str, stage: str) -> None:
    execution = fresh_execution()
    with WriterProcess(servers, execution, f"--stage={stage}", "--at=5", evaluations=EVALUATIONS) as killed:
        assert await killed.ended() == -signal.SIGKILL
    with WriterProcess(servers, execution, evaluations=EVALUATIONS) as successor:
        assert await successor.ended() == 0
    assert identities(await published(servers, execution)) == expected_signals(execution, EVALUATIONS)


@pytest.mark.parametrize("new_pods", [False, True], ids=["a restarted container", "a new pod each time"])
async def test_writers_killed_at_any_moment_together_publish_what_one_would(servers: str, new_pods: bool) -> None:
    execution, moments = fresh_execution(), random.Random(SEED)
    for attempt in range(1, KILLS + 1):
        incarnation = attempt if new_pods else 1
        with WriterProcess(servers, execution, incarnation=incarnation, evaluations=MANY_EVALUATIONS) as writer:
            assert (await writer.line()).startswith("committed")
            await asyncio.sleep(moments.uniform(0, 0.1))
            writer.kill()
            assert await writer.ended() == -signal.SIGKILL, "it had finished: the test needs more evaluations"
    with WriterProcess(servers, execution, incarnation=KILLS + 1, evaluations=MANY_EVALUATIONS) as last:
        assert await last.ended() == 0
    assert identities(await published(servers, execution)) == expected_signals(execution, MANY_EVALUATIONS)
