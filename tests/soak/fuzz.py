"""The long fuzz: `python -m soak.fuzz`, or `make soak`. Ends with 1 and a small reproducer at the first defect.

The time (`SOAK_SECONDS`) is divided among the targets; `--seed`, `--only` and `--case` run one case again.
"""

import argparse
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import structlog

from soak.boxed_target import BoxedTarget
from soak.campaign import Campaign, Defect, Failure, Target
from soak.policy_process import Analyst
from soak.policy_target import PolicyTarget
from soak.supervisor_target import SupervisorTarget
from soak.warden_target import WardenTarget
from warden_client import Supervisor, running_warden

DEFAULT_SECONDS = 660.0
_SHARES = {"policy": 0.4, "supervisor": 0.15, "control": 0.1, "worker": 0.1, "boxed": 0.25}
_TURN_S = 15.0
_PROGRESS_S = 10.0


class Progress:
    """A line every ten seconds, from wherever the work is."""

    def __init__(self) -> None:
        self.campaigns: list[Campaign] = []
        self._begin = self._last = time.monotonic()

    def __call__(self) -> None:
        now = time.monotonic()
        if now - self._last >= _PROGRESS_S:
            self._last = now
            counts = "  ".join(f"{c.target.name} {c.tally.executions}" for c in self.campaigns)
            print(f"{now - self._begin:6.0f} s  {counts}", flush=True)


def main() -> int:
    options = _options()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    print(f"seed {options.seed}, {options.seconds:g} s", flush=True)
    with ExitStack() as stack:
        targets = _targets(stack)
        wanted = [target for target in targets if options.only in (None, target.name)]
        progress = Progress()
        progress.campaigns = [Campaign(target, options.seed, progress) for target in wanted]
        if options.case is not None:
            return _again(progress.campaigns[0], options.case)
        failure = _run(progress.campaigns, options.seconds)
        for campaign in progress.campaigns:
            print(f"{campaign.target.name:10} {campaign.tally}")
        policy = next((target for target in wanted if isinstance(target, PolicyTarget)), None)
        if policy is not None:
            print(f"slowest verdict {policy.slowest_s:.2f} s of CPU, largest {policy.largest_mib:.0f} MiB")
    if failure is not None:
        _show(failure)
        return 1
    total = sum(campaign.tally.executions for campaign in progress.campaigns)
    print(f"no defect in {total} executions, seed {options.seed}")
    return 0


def _targets(stack: ExitStack) -> list[Target]:
    def folder() -> Path:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))

    analyst = stack.enter_context(Analyst())
    warden_folder = folder()
    warden = stack.enter_context(running_warden(warden_folder))
    _preload_everything(warden_folder)
    return [
        PolicyTarget(analyst),
        stack.enter_context(SupervisorTarget(folder())),
        WardenTarget("control", warden_folder, warden),
        WardenTarget("worker", warden_folder, warden),
        BoxedTarget(warden_folder, warden, analyst),
    ]


def _preload_everything(folder: Path) -> None:
    """So that no case waits for a library, and what the warden grows by later is a leak."""
    with Supervisor(folder) as supervisor:
        supervisor.spawn("numpy", "pandas", "scipy", "scipy.stats", "sklearn", "joblib", "ta", "talib")


def _run(campaigns: list[Campaign], seconds: float) -> Failure | None:
    """In turns, so that a run that is cut short has seen every target."""
    whole = sum(_SHARES[campaign.target.name] for campaign in campaigns)
    turns = max(round(seconds / (_TURN_S * len(campaigns))), 1)
    for _ in range(turns):
        for campaign in campaigns:
            failure = campaign.run(seconds / turns * _SHARES[campaign.target.name] / whole)
            if failure is not None:
                return failure
    return None


def _again(campaign: Campaign, number: int) -> int:
    case = campaign.case(number)
    try:
        print(campaign.target.check(case))
    except Defect as defect:
        _show(Failure(campaign.target.name, case, str(defect), f"case {number}"))
        return 1
    return 0


def _show(failure: Failure) -> None:
    print(f"DEFECT in {failure.target}: {failure.words}")
    print(f"found by {failure.origin}; made small:")
    print(repr(failure.case))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("SOAK_SECONDS", DEFAULT_SECONDS)))
    parser.add_argument("--seed", type=int, default=int(time.time()) % 1_000_000)
    parser.add_argument("--only", choices=tuple(_SHARES))
    parser.add_argument("--case", type=int, help="the number of one mutated case; needs --seed and --only")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
