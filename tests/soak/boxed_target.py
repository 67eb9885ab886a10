"""Mutated strategies that the policy admits run in a real box: contained, within the deadline, the warden alive."""

import subprocess
from pathlib import Path
from random import Random

from hypothesis import strategies as st

from soak.campaign import Case, Defect
from soak.mutation import mutate_text
from soak.policy_process import Analyst, entry_point_of
from soak.seeds import files_of, sources
from soak.warden_target import WardenTarget
from strategy_contracts.worker_protocol import Exited, Failed, Loaded
from warden_client import Supervisor, some_bars

_LOAD_S = 5.0
_DEADLINE_S = 1.0
_WATCHED = (Path("/tmp"), Path("/dev/shm"))
OWN_FAULT = 70
"""The worker's exit code when the traceback is ours."""
_TRACE = "PWNED"
"""In the name of every file that an attack of the seeds tries to make."""


class BoxedTarget:
    """One load and one evaluation of what is admitted; a name with ten mutants of which nine are refused is normal."""

    name = "boxed"
    generated: st.SearchStrategy[Case] = st.sampled_from(sources())

    def __init__(self, folder: Path, warden: subprocess.Popen[bytes], analyst: Analyst) -> None:
        self._folder, self._warden, self._analyst = folder, warden, analyst
        self._honest = WardenTarget("worker", folder, warden)
        self._traces = traces()

    def case(self, random: Random) -> Case:
        return mutate_text(random.choice(sources()), random.choice(sources()), random)

    def check(self, case: Case) -> str:
        assert isinstance(case, str)
        files = files_of(case)
        report = self._analyst.ask(files)
        if not report.get("admitted"):
            return "refused"
        try:
            with Supervisor(self._folder) as supervisor:
                supervisor.spawn(*report["imports"])
                outcome = _ask(supervisor, files, report)
                supervisor.ping()
            self._honest.honest_session()
        except (OSError, EOFError) as error:
            raise Defect(f"the session with it: {type(error).__name__}: {error}") from None
        if found := traces() - self._traces:
            raise Defect(f"it left {sorted(found)}")
        if left := _children(self._warden.pid):
            raise Defect(f"processes are left: {left}")
        return outcome


def _ask(supervisor: Supervisor, files: dict[str, str], report: dict[str, object]) -> str:
    assert supervisor.data is not None
    try:
        supervisor.data.settimeout(_LOAD_S)
        if not isinstance(supervisor.load(files, entry_point=entry_point_of(report)), Loaded):
            outcome = "does not load"
        else:
            supervisor.data.settimeout(_DEADLINE_S)
            answer = supervisor.evaluate({"BTCUSDT": some_bars(50)})
            outcome = "raised" if isinstance(answer, Failed) else "answered"
    except TimeoutError:
        outcome = "timeout"
    except (EOFError, ConnectionError):
        exited = supervisor.expect(Exited)
        if exited.exit_code == OWN_FAULT and not exited.signal:
            raise Defect("the worker's own part failed; what a strategy does wrong must be an answer") from None
        return f"ended ({_end(exited)})"
    supervisor.kill()
    return outcome


def _end(exited: Exited) -> str:
    return exited.syscall or (f"signal {exited.signal}" if exited.signal else f"status {exited.exit_code}")


def traces() -> set[str]:
    return {str(path) for folder in _WATCHED for path in folder.glob(f"*{_TRACE}*")}


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
