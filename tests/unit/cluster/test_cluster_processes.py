"""Processes are known by more than a number, and ended by pid alone."""

import json
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local_cluster import listeners, processes, procfs, readiness
from local_cluster.errors import MachineUnfit, NotReady
from local_cluster.layout import Layout, Ports
from local_cluster.processes import Program

SLEEPER = "import time; print('ready', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"

# A shell starts its background jobs with SIGINT ignored, and Python then leaves it so.
INTERRUPTIBLE = f"""
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    {SLEEPER}
except KeyboardInterrupt:
    print('asked')
"""


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    made = Layout(state=tmp_path, cache=tmp_path / "cache", sources=tmp_path, ports=Ports())
    yield made
    processes.kill([record.pid for record in processes.records(made).values() if processes.alive(record)])


def a_program(code: str = SLEEPER, **changes: Any) -> Program:
    return replace(Program("sleeper", (sys.executable, "-c", code), stop_grace_s=0.3), **changes)


def start(program: Program, layout: Layout) -> processes.Record:
    processes.ensure_running(program, layout)
    readiness.wait(layout, program.name, lambda: "ready" in (layout.log / f"{program.name}.log").read_text(), 10)
    return processes.records(layout)[program.name]


def test_a_running_program_is_left_alone_and_a_changed_one_is_replaced(layout: Layout) -> None:
    first = start(a_program(), layout)

    assert not processes.ensure_running(a_program(), layout)
    assert processes.ensure_running(a_program(inputs=("another configuration",)), layout)
    assert not processes.alive(first)
    assert processes.records(layout)["sleeper"].pid != first.pid


def test_stop_ends_politely_and_forgets(layout: Layout) -> None:
    record = start(a_program(), layout)

    assert processes.stop([record], layout) == []
    assert procfs.start_ticks(record.pid) is None
    assert processes.records(layout) == {}


def test_a_process_that_ignores_its_signal_is_killed_and_named(layout: Layout) -> None:
    record = start(a_program(STUBBORN), layout)

    assert processes.stop([record], layout) == ["sleeper"]
    assert procfs.start_ticks(record.pid) is None


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"start_ticks": 1}, id="a number given to a later process"),
        pytest.param({"boot_id": "another"}, id="a number of before the restart of the machine"),
    ],
)
def test_a_foreign_process_with_a_recorded_number_is_not_touched(layout: Layout, changes: dict[str, Any]) -> None:
    record = start(a_program(), layout)
    stale = replace(record, **changes)
    (layout.run / "sleeper.json").write_text(json.dumps(vars(stale)))

    processes.stop([stale], layout)

    assert processes.records(layout) == {}
    assert processes.alive(record)
    processes.kill([record.pid])


def test_the_stop_signal_of_a_program_is_used(layout: Layout) -> None:
    record = start(a_program(INTERRUPTIBLE, stop_signal=signal.SIGINT), layout)

    assert processes.stop([record], layout) == []
    assert "asked" in (layout.log / "sleeper.log").read_text()


def test_a_program_that_dies_is_reported_with_the_end_of_its_log(layout: Layout) -> None:
    processes.ensure_running(a_program("raise SystemExit('no disk')"), layout)

    with pytest.raises(NotReady, match=r"sleeper has ended(?s:.*)no disk") as refused:
        readiness.wait(layout, "sleeper", lambda: False, 10)
    assert "sleeper.log" in str(refused.value)


def test_a_taken_port_is_refused_with_the_name_of_its_owner() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = listeners.Listener("127.0.0.1", server.getsockname()[1])

        with pytest.raises(MachineUnfit, match=r"which redis needs, is taken by .*\(pid \d+\)"):
            listeners.require_free(listener, "redis")
    listeners.require_free(listener, "redis")
