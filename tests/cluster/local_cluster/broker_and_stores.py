"""Kafka, PostgreSQL and Redis together: started side by side, ready when all three answer."""

from . import kafka, postgres, processes, readiness, redis
from .layout import NODE_IP, Layout
from .progress import step


def ensure(layout: Layout) -> None:
    layout.data.mkdir(parents=True, exist_ok=True)
    complete = layout.data / "databases-made"
    programs = (kafka.program(layout), postgres.program(layout), redis.program(layout))
    started = [program.name for program in programs if processes.ensure_running(program, layout)]
    if not started and complete.exists():
        return
    with step("starting Kafka, PostgreSQL and Redis"):
        readiness.wait(layout, "redis", lambda: readiness.accepts(NODE_IP, layout.ports.redis))
        readiness.wait(layout, "postgres", lambda: postgres.ready(layout))
        postgres.ensure_databases(layout)
        readiness.wait(layout, "kafka", lambda: readiness.accepts(NODE_IP, layout.ports.kafka))
        complete.touch()
