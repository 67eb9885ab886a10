"""One real Kafka broker (KRaft) from the jars of its release, reachable from the host and from pods."""

import re
import shutil
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from . import commands, fingerprints
from .errors import MachineUnfit
from .layout import NODE_IP, Layout
from .listeners import Listener
from .processes import Program
from .progress import step

NEEDED_JAVA = 17
HEAP = ("-Xmx384m", "-Xms128m", "-XX:+UseSerialGC")

LOGGING = """\
status = error
appender.stdout.type = Console
appender.stdout.name = stdout
appender.stdout.layout.type = PatternLayout
appender.stdout.layout.pattern = [%d] %p %m (%c)%n
rootLogger.level = warn
rootLogger.appenderRef.stdout.ref = stdout
logger.server.name = kafka.server
logger.server.level = info
"""


def java_version(text: str) -> int:
    """The feature release in the answer of `java -version`; 0 when there is none."""
    found = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(found[1]) if found else 0


def require_java() -> None:
    # It answers on standard error.
    version = java_version(commands.run("sh", "-c", "java -version 2>&1"))
    if version < NEEDED_JAVA:
        raise MachineUnfit(
            f"Kafka needs Java {NEEDED_JAVA} or newer, `java` is {version or 'unknown'}: use update-alternatives"
        )


def jars(layout: Layout) -> Path:
    source = layout.sources / "kafka/pom.xml"
    home = layout.cache / f"kafka-{fingerprints.of_files(layout.sources, [source])}"
    if not home.exists():
        require_java()
        unfinished = home.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        with step("fetching Kafka from Maven"):
            commands.run(
                "mvn", "-B", "-q", "-f", source, "dependency:copy-dependencies", f"-DoutputDirectory={unfinished}"
            )
        unfinished.replace(home)
    return home


def properties(layout: Layout) -> str:
    ports = layout.ports
    return f"""\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{ports.kafka_controller}
listeners=PLAINTEXT://{NODE_IP}:{ports.kafka},CONTROLLER://127.0.0.1:{ports.kafka_controller}
advertised.listeners=PLAINTEXT://{NODE_IP}:{ports.kafka}
controller.listener.names=CONTROLLER
log.dirs={layout.data}/kafka
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
"""


def program(layout: Layout) -> Program:
    """Writes the configuration, formats the log directory once, and says how to run the broker."""
    classes = f"{jars(layout)}/*"
    settings, logging = layout.config / "kafka.properties", layout.config / "kafka-log4j2.properties"
    layout.config.mkdir(parents=True, exist_ok=True)
    settings.write_text(properties(layout))
    logging.write_text(LOGGING)
    if not (layout.data / "kafka/meta.properties").exists():
        name = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # A leading dash would be read as an option.
        commands.run(
            "java",
            *HEAP,
            "-cp",
            classes,
            "kafka.tools.StorageTool",
            "format",
            f"--cluster-id=c{name[1:]}",
            "-c",
            settings,
        )
    argv = ("java", *HEAP, f"-Dlog4j2.configurationFile={logging}", "-cp", classes, "kafka.Kafka", str(settings))
    return Program(
        name="kafka",
        argv=argv,
        endpoint=f"{NODE_IP}:{layout.ports.kafka}",
        listens=(Listener(NODE_IP, layout.ports.kafka), Listener("127.0.0.1", layout.ports.kafka_controller)),
        inputs=(properties(layout), LOGGING),
    )
