"""Hostile bytes to a real warden and a real worker: what is no message is ended, the next honest session works."""

import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from random import Random

from hypothesis import strategies as st

from soak import frames
from soak.campaign import Case, Defect
from strategy_contracts.worker_protocol import Evaluated, Loaded
from warden_client import Supervisor, read_frame, some_bars

HONEST = "def generate_signals(data, parameters):\n    return []\n"
_ANSWER_S = 0.05
"""A torn frame waits for its rest: that the peer is still there is no defect."""
_HONEST_S = 10.0
_GROWTH_MIB = 64.0


class WardenTarget:
    """The control connection, or a worker's data connection, of a warden process."""

    def __init__(self, name: str, folder: Path, warden: subprocess.Popen[bytes]) -> None:
        self.name = name
        self._to_worker = name == "worker"
        self._folder, self._warden = folder, warden
        self._messages = frames.REQUESTS if self._to_worker else frames.CONTROLS
        tags = ("load", "evaluate") if self._to_worker else ("spawn", "kill", "ping")
        self.generated: st.SearchStrategy[Case] = frames.generated(tags)
        self._begin_mib = resident_mib(warden.pid)

    def case(self, random: Random) -> Case:
        return frames.mutated(self._messages, random)

    def check(self, case: Case) -> str:
        assert isinstance(case, bytes)
        try:
            with Supervisor(self._folder) as hostile:
                outcome = self._say(hostile, frames.to_send(case))
            self.honest_session()
        except (OSError, EOFError, AssertionError) as error:
            raise Defect(f"the session after it: {type(error).__name__}: {error}") from None
        return outcome

    def _say(self, hostile: Supervisor, data: bytes) -> str:
        hostile.spawn()
        assert hostile.data is not None
        if not self._to_worker:
            return _answer_to(hostile.control, data)
        if data[-1:] > b"\x7f":
            hostile.load(HONEST)
        outcome = _answer_to(hostile.data, data)
        hostile.kill()
        return outcome

    def honest_session(self) -> None:
        """Raises Defect unless the warden serves as always."""
        begin = time.monotonic()
        with Supervisor(self._folder) as honest:
            honest.spawn()
            if not isinstance(honest.load(HONEST), Loaded):
                raise Defect("the next honest strategy does not load")
            if not isinstance(honest.evaluate({"BTCUSDT": some_bars(1)}), Evaluated):
                raise Defect("the next honest strategy is not evaluated")
            honest.kill()
        if self._warden.poll() is not None:
            raise Defect(f"the warden ended with {self._warden.returncode}")
        if time.monotonic() - begin > _HONEST_S:
            raise Defect(f"the next honest session took {time.monotonic() - begin:.1f} s")
        if (grown := resident_mib(self._warden.pid) - self._begin_mib) > _GROWTH_MIB:
            raise Defect(f"the warden has grown by {grown:.0f} MiB")


def resident_mib(pid: int) -> float:
    with suppress(FileNotFoundError, StopIteration):
        status = Path(f"/proc/{pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024
    return 0.0


def _answer_to(connection: socket.socket, data: bytes) -> str:
    """What the peer does about the bytes."""
    connection.settimeout(_ANSWER_S)
    try:
        connection.sendall(data)
        read_frame(connection)
    except TimeoutError:
        return "waited"
    except (EOFError, ConnectionError):
        return "hung up"
    finally:
        connection.settimeout(5.0)
    return "answered"
