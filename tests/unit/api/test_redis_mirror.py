"""The mirror: after the log, at least once, and only what is young enough to be read."""

import asyncio

from api_serving import now_ms, until
from api_suites import envelope
from builders import a_signal
from strategy_api.memory_log import MemoryGroup, MemoryLog
from strategy_api.redis_mirror import MemoryMirror, mirror_signals


async def run_until(log: MemoryLog, mirror: MemoryMirror, count: int) -> None:
    """Mirror until so many signals have come through, then stop."""
    reader = MemoryGroup(log, "mirror")
    task = asyncio.create_task(mirror_signals(reader, mirror, retry_s=0.01))
    try:
        await until(lambda: len(mirror.published) >= count and log.committed["mirror"][0] >= len(log.partitions[0]))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await reader.close()


async def test_it_waits_for_redis_and_loses_nothing() -> None:
    log, mirror = MemoryLog(1), MemoryMirror()
    mirror.available = False
    signals = [a_signal(n, at_ms=n * 60_000) for n in range(1, 4)]
    for signal in signals:
        log.append(0, envelope(signal), now_ms())
    asyncio.get_running_loop().call_later(0.05, setattr, mirror, "available", True)
    await run_until(log, mirror, 3)
    assert [signal.signal_id for signal in mirror.published] == [signal.signal_id for signal in signals]


async def test_it_continues_after_what_it_published() -> None:
    log, mirror = MemoryLog(1), MemoryMirror()
    log.append(0, envelope(a_signal(1)), now_ms())
    await run_until(log, mirror, 1)
    log.append(0, envelope(a_signal(2, at_ms=120_000)), now_ms())
    await run_until(log, mirror, 2)
    assert [signal.sequence for signal in mirror.published] == [1, 2]


async def test_it_passes_over_what_is_old_or_unreadable() -> None:
    log, mirror = MemoryLog(1), MemoryMirror()
    log.append(0, envelope(a_signal(1)), now_ms() - 3_700_000)
    log.append(0, b"garbage", now_ms())
    log.append(0, envelope(a_signal(3, at_ms=180_000)), now_ms())
    await run_until(log, mirror, 1)
    assert [signal.sequence for signal in mirror.published] == [3]
