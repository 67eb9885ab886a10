"""The demonstration: `make demo` brings everything up and follows the signals, `make demo-down` takes it away.

Each step is the command a person would run on a cluster of their own; what is shown here alone is their order.
"""

import argparse
import asyncio
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/cluster"))

from installation import NAMESPACE, Installation, bring_up, take_down

from local_cluster.errors import ClusterError
from local_cluster.progress import say

FIRST_SIGNALS = 6


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except ClusterError as error:
        sys.stderr.write(f"demo: {error}\n")
        return 1
    except KeyboardInterrupt:
        say("\ninterrupted; `make demo` continues where it was, `make demo-down` takes everything away")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="demo", description="Everything for real, on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="cluster, images, chart, strategies; then live signals")
    up.add_argument("--once", action="store_true", help=f"end after the first {FIRST_SIGNALS} signals")
    commands.add_parser("watch", help="live signals of the demonstration that runs")
    down = commands.add_parser("down", help="take everything away")
    down.add_argument("--keep-cluster", action="store_true", help="uninstall only")
    return parser


def _run(options: argparse.Namespace) -> int:
    match options.command:
        case "up":
            started = time.monotonic()
            installation = bring_up()
            say(f"\nthe demonstration runs after {time.monotonic() - started:.0f} s\n\n{installation.instructions()}\n")
            _follow(installation, FIRST_SIGNALS if options.once else None)
            if options.once:
                say(f"\n{FIRST_SIGNALS} signals after {time.monotonic() - started:.0f} s")
        case "watch":
            _follow(Installation.existing(), None)
        case "down":
            take_down(keep_cluster=options.keep_cluster)
    return 0


def _follow(installation: Installation, count: int | None) -> None:
    from live_signals import follow  # noqa: PLC0415 - `down` runs on a plain Python, which has no client for WebSockets

    try:
        asyncio.run(follow(installation.url, NAMESPACE, count))
    except KeyboardInterrupt:
        say("\nthe strategies go on: `make demo-watch` follows them again, `make demo-down` ends everything")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
