"""The warden as a process: who may connect, what survives whom, how it ends."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from strategy_contracts.runner_config import CONTROL_SOCKET, DATA_SOCKET
from strategy_contracts.worker_protocol import LENGTH, Exited, Kill, Load, Loaded, Spawned
from warden_client import PATIENCE_S, Supervisor, a_function, connect, is_running, read_frame, running_warden, some_bars

HOLD = "def generate_signals(data, parameters):\n    return []\n"


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while is_running(pid):
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.005)


def test_a_ping_is_answered_with_and_without_a_worker(supervisor: Supervisor) -> None:
    assert supervisor.ping().id == 1
    supervisor.spawn()
    assert supervisor.ping().id == 2


def test_the_worker_is_ready_with_every_layer_on(supervisor: Supervisor) -> None:
    spawned = supervisor.spawn()
    assert spawned.layers == ("rlimits", "landlock", "seccomp")
    assert isinstance(supervisor.load(HOLD), Loaded)


def test_a_killed_worker_is_reported_with_its_evidence(supervisor: Supervisor) -> None:
    spawned = supervisor.spawn()
    supervisor.load(HOLD)
    exited = supervisor.kill()
    assert exited.signal == signal.SIGKILL
    assert exited.peak_memory_bytes > 10 << 20
    assert exited.cpu_seconds > 0
    assert not exited.oom_killed
    assert not is_running(spawned.pid)


def test_a_kill_of_an_older_worker_does_nothing(supervisor: Supervisor) -> None:
    first = supervisor.spawn()
    supervisor.kill()
    second = supervisor.spawn()
    supervisor.send_control(Kill(id=first.id))
    supervisor.ping()
    assert is_running(second.pid)


def test_a_second_spawn_ends_the_first_worker(supervisor: Supervisor) -> None:
    first = supervisor.spawn()
    second = supervisor.spawn()
    assert not is_running(first.pid)
    assert is_running(second.pid)


def test_the_worker_dies_when_its_data_connection_closes(supervisor: Supervisor) -> None:
    spawned = supervisor.spawn()
    assert supervisor.data is not None
    supervisor.data.close()
    assert supervisor.expect(Exited).id == spawned.id


def test_a_busy_worker_dies_when_its_data_connection_closes(supervisor: Supervisor) -> None:
    spawned = supervisor.spawn()
    supervisor.load("def generate_signals(data, parameters):\n    while True: pass\n")
    supervisor.start_evaluation({"BTCUSDT": some_bars(1)})
    assert supervisor.data is not None
    supervisor.data.close()
    assert supervisor.expect(Exited).signal == signal.SIGKILL
    assert not is_running(spawned.pid)


def test_a_supervisor_that_returns_finds_the_same_warden_and_a_fresh_worker(
    warden: subprocess.Popen[bytes], socket_dir: Path
) -> None:
    with Supervisor(socket_dir) as first:
        old = first.spawn()
    wait_until_gone(old.pid)
    with Supervisor(socket_dir) as second:
        assert second.spawn().pid != old.pid
        assert isinstance(second.load(HOLD), Loaded)
    assert warden.poll() is None


def test_there_is_one_supervisor_at_a_time(supervisor: Supervisor, socket_dir: Path) -> None:
    supervisor.ping()
    assert not (socket_dir / CONTROL_SOCKET).exists()


def test_the_group_may_connect_and_others_may_not(warden: subprocess.Popen[bytes], socket_dir: Path) -> None:
    connect(socket_dir / CONTROL_SOCKET).close()
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            modes = [stat.S_IMODE((socket_dir / name).stat().st_mode) for name in (CONTROL_SOCKET, DATA_SOCKET)]
            break
        except FileNotFoundError:  # during a visit there are none; afterwards they are bound again
            assert time.monotonic() < deadline
    assert modes == [0o660, 0o660]


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param(LENGTH.pack(0), id="an empty frame"),
        pytest.param(LENGTH.pack(1 << 30), id="a frame of a gigabyte"),
        pytest.param(LENGTH.pack(4) + b"\xff\xff\xff\xff", id="bytes that are no msgpack"),
        pytest.param(LENGTH.pack(1) + b"\x01", id="msgpack that is no message"),
        pytest.param(LENGTH.pack(12) + b"\x82\xa4type\xa5spawn", id="a message cut short"),
    ],
)
def test_a_supervisor_that_breaks_the_protocol_is_cut_off_and_may_return(
    warden: subprocess.Popen[bytes], socket_dir: Path, garbage: bytes
) -> None:
    with Supervisor(socket_dir) as broken:
        broken.control.sendall(garbage)
        assert broken.control.recv(1) == b""
    with Supervisor(socket_dir) as sound:
        assert sound.ping().id == 1
    assert warden.poll() is None


def test_a_spawn_without_a_data_connection_breaks_the_protocol(supervisor: Supervisor) -> None:
    supervisor.send_spawn_without_data()
    assert supervisor.control.recv(1) == b""


def test_of_several_data_connections_the_newest_is_the_workers(supervisor: Supervisor, socket_dir: Path) -> None:
    abandoned = connect(socket_dir / DATA_SOCKET)
    supervisor.spawn()
    assert isinstance(supervisor.load(HOLD), Loaded)
    assert abandoned.recv(1) == b""
    abandoned.close()


@pytest.mark.parametrize(
    ("frame", "exit_code"),
    [
        pytest.param(LENGTH.pack(1 << 31), 72, id="a length beyond the limit"),
        pytest.param(LENGTH.pack(2) + b"\xc1\xc1", 72, id="garbage"),
        pytest.param(LENGTH.pack(1) + b"\x90", 72, id="no message"),
    ],
)
def test_a_worker_ends_on_hostile_frames(supervisor: Supervisor, frame: bytes, exit_code: int) -> None:
    supervisor.spawn()
    assert supervisor.data is not None
    supervisor.data.sendall(frame)
    assert supervisor.expect(Exited).exit_code == exit_code


def test_a_worker_ends_when_it_is_asked_to_evaluate_before_it_is_loaded(supervisor: Supervisor) -> None:
    supervisor.spawn()
    supervisor.start_evaluation({"BTCUSDT": some_bars(1)})
    assert supervisor.expect(Exited).exit_code == 72


def test_sigterm_ends_the_warden_at_once_with_its_worker(tmp_path: Path) -> None:
    with running_warden(tmp_path) as process, Supervisor(tmp_path) as supervisor:
        spawned = supervisor.spawn()
        supervisor.load("def generate_signals(data, parameters):\n    while True: pass\n")
        supervisor.start_evaluation({"BTCUSDT": some_bars(1)})
        before = time.monotonic()
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
        assert time.monotonic() - before < 1
        wait_until_gone(spawned.pid)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("delay_ms", range(0, 10))
def test_sigterm_ends_the_warden_with_0_while_it_collects_a_worker(tmp_path: Path, delay_ms: int) -> None:
    with running_warden(tmp_path) as process, Supervisor(tmp_path) as supervisor:
        spawned = supervisor.spawn()
        supervisor.send_control(Kill(id=spawned.id))
        time.sleep(delay_ms / 1000)  # another moment of the collection each time
        process.terminate()
        assert process.wait(PATIENCE_S) == 0


def test_the_worker_dies_with_a_warden_that_is_killed_and_the_next_warden_takes_over_the_folder(tmp_path: Path) -> None:
    with running_warden(tmp_path) as process, Supervisor(tmp_path) as supervisor:
        spawned = supervisor.spawn()
        process.kill()
        process.wait(PATIENCE_S)
        wait_until_gone(spawned.pid)
    assert (tmp_path / DATA_SOCKET).exists()
    with running_warden(tmp_path), Supervisor(tmp_path) as supervisor:
        assert isinstance(supervisor.spawn(), Spawned)


def test_another_user_is_turned_away(tmp_path: Path) -> None:
    with running_warden(tmp_path, "--supervisor-uid", str(os.getuid() + 1)) as process:
        connection = connect(tmp_path / CONTROL_SOCKET)
        assert connection.recv(1) == b""
        connection.close()
        assert process.poll() is None


def test_layers_that_are_off_are_not_reported(tmp_path: Path) -> None:
    with running_warden(tmp_path, "--box-layers", "rlimits") as _, Supervisor(tmp_path) as supervisor:
        assert supervisor.spawn().layers == ("rlimits",)
        assert isinstance(supervisor.load(HOLD), Loaded)


def test_the_warden_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    starter = (
        "import subprocess, sys\n"
        "command = [sys.executable, '-m', 'strategy_sandbox', '--exit-with-parent', *sys.argv[1:]]\n"
        "warden = subprocess.Popen(command, stderr=subprocess.DEVNULL)\n"
        "print(warden.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    options = ["--strategy-socket-dir", str(tmp_path), "--supervisor-uid", str(os.getuid())]
    with subprocess.Popen(
        [sys.executable, "-c", starter, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        connect(tmp_path / DATA_SOCKET).close()
        process.kill()
    wait_until_gone(pid)


def test_wrong_settings_end_the_warden_with_a_sentence() -> None:
    environment = {**os.environ, "SUPERVISOR_UID": "root"}
    ended = subprocess.run(
        [sys.executable, "-m", "strategy_sandbox"], env=environment, capture_output=True, check=False
    )
    assert ended.returncode == 64
    assert b"SUPERVISOR_UID: 'root' is not a whole number" in ended.stderr


def test_requests_of_one_write_are_answered_in_order(supervisor: Supervisor) -> None:
    supervisor.spawn()
    assert supervisor.data is not None
    load = Load(
        id=7,
        files={"main.py": HOLD},
        entry_point=a_function(),
        parameters={},
        symbols=("BTCUSDT",),
        timeframe="1m",
        lookback_bars=10,
    )
    supervisor.send_data(load)
    supervisor.start_evaluation({"BTCUSDT": some_bars(3)})
    assert b"loaded" in read_frame(supervisor.data)
    assert b"evaluated" in read_frame(supervisor.data)
