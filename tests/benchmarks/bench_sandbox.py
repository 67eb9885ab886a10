"""What the sandbox costs: an evaluation over calling the function directly, a kill until the next worker is ready,
and whether many of both leave anything behind.

The function is called in this process on frames from the same window, in turns with the sandbox, so that both
see the same machine. `--long` runs the 100,000 evaluations and 1,000 kills of the release.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from strategy_sandbox.windows import BarWindow
from warden_client import Supervisor, running_warden, some_bars

WINDOW = 500
SYMBOL = "BTCUSDT"
MEAN = """
def generate_signals(data, parameters):
    return [
        {"symbol": symbol, "action": "BUY" if frame["close"].iloc[-1] > frame["close"].mean() else "SELL"}
        for symbol, frame in data.items()
    ]
"""
OVERHEAD_TARGET_MS = 0.5
READY_TARGET_MS = 20.0
GROWTH_TARGET_MIB = 8.0


@dataclass(frozen=True)
class Timing:
    """Milliseconds."""

    p50: float
    p99: float

    @classmethod
    def of(cls, seconds: list[float]) -> "Timing":
        ordered = sorted(seconds)
        return cls(statistics.median(ordered) * 1e3, ordered[int(len(ordered) * 0.99)] * 1e3)

    def __str__(self) -> str:
        return f"p50 {self.p50:7.3f} ms   p99 {self.p99:7.3f} ms"


@dataclass(frozen=True)
class Footprint:
    """What the warden holds."""

    anonymous_mib: float
    descriptors: int
    children: int

    @classmethod
    def of(cls, pid: int) -> "Footprint":
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return cls(anonymous_mib(pid), len(list(Path(f"/proc/{pid}/fd").iterdir())), len(children))

    def __str__(self) -> str:
        return f"{self.anonymous_mib:.1f} MiB anonymous, {self.descriptors} descriptors, {self.children} children"


def anonymous_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon")) / 1024


def load(supervisor: Supervisor) -> int:
    """A worker with a full window; its process id."""
    spawned = supervisor.spawn("pandas")
    supervisor.load(MEAN, symbols=(SYMBOL,), lookback_bars=WINDOW)
    supervisor.evaluate({SYMBOL: some_bars(WINDOW)})
    return spawned.pid


def time_evaluations(supervisor: Supervisor, count: int) -> tuple[Timing, Timing, float]:
    """The sandbox's and the function's own time for one new bar in a full window; the worker's growth in MiB."""
    function = directly_callable(MEAN)
    window = BarWindow(WINDOW)
    window.add(some_bars(WINDOW))
    worker = load(supervisor)
    before = anonymous_mib(worker)
    boxed, direct = [], []
    for number in range(count):
        bars = some_bars(1, WINDOW + number)
        begin = time.perf_counter()
        supervisor.evaluate({SYMBOL: bars})
        middle = time.perf_counter()
        boxed.append(middle - begin)
        window.add(bars)
        data = {SYMBOL: window.frame()}
        begin = time.perf_counter()
        function(data, {})
        direct.append(time.perf_counter() - begin)
    return Timing.of(boxed), Timing.of(direct), anonymous_mib(worker) - before


def directly_callable(source: str) -> Callable[..., Any]:
    namespace: dict[str, Any] = {}
    exec(compile(source, "main.py", "exec"), namespace)
    function: Callable[..., Any] = namespace["generate_signals"]
    return function


def time_kills(supervisor: Supervisor, count: int) -> tuple[Timing, Timing]:
    """From the kill until the next worker has loaded, and until it has answered with a full window."""
    ready, answered = [], []
    load(supervisor)
    for _ in range(count):
        begin = time.perf_counter()
        supervisor.kill()
        supervisor.spawn("pandas")
        supervisor.load(MEAN, symbols=(SYMBOL,), lookback_bars=WINDOW)
        ready.append(time.perf_counter() - begin)
        supervisor.evaluate({SYMBOL: some_bars(WINDOW)})
        answered.append(time.perf_counter() - begin)
    return Timing.of(ready), Timing.of(answered)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="100,000 evaluations and 1,000 kills")
    evaluations, kills = (100_000, 1_000) if parser.parse_args().long else (3_000, 100)
    with tempfile.TemporaryDirectory() as folder, running_warden(Path(folder)) as warden, Supervisor(Path(folder)) as s:
        time_kills(s, 20)
        before = Footprint.of(warden.pid)
        boxed, direct, worker_growth = time_evaluations(s, evaluations)
        ready, answered = time_kills(s, kills)
        s.kill()
        after = Footprint.of(warden.pid)
    overhead = boxed.p50 - direct.p50
    growth = max(after.anonymous_mib - before.anonymous_mib, worker_growth)
    flat = growth <= GROWTH_TARGET_MIB and after.descriptors <= before.descriptors and after.children == 0
    print(f"evaluation in the sandbox   {boxed}   ({evaluations} of one new bar, {WINDOW}-bar window)")
    print(f"the same call directly      {direct}")
    print(f"overhead                    p50 {overhead:7.3f} ms   target <= {OVERHEAD_TARGET_MS} ms")
    print(f"kill -> worker loaded       {ready}   target p50 <= {READY_TARGET_MS} ms   ({kills} kills)")
    print(f"kill -> first answer        {answered}")
    print(f"worker over all evaluations {worker_growth:+.1f} MiB anonymous   target: flat")
    print(f"warden before               {before}")
    print(f"warden after                {after}   target: flat")
    return 0 if overhead <= OVERHEAD_TARGET_MS and ready.p50 <= READY_TARGET_MS and flat else 1


if __name__ == "__main__":
    sys.exit(main())
