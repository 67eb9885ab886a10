#!/usr/bin/env python3
"""The local cluster from a shell: `cluster.py up | down | status | image | clean`. See README.md beside this file."""

import argparse
import sys
from pathlib import Path

from local_cluster import bring_up, images, kind, overview, preconditions, tear_down
from local_cluster.errors import ClusterError
from local_cluster.layout import Layout
from local_cluster.progress import say


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    layout = Layout.from_environment()
    try:
        preconditions.require_root()
        return _run(options, layout)
    except ClusterError as error:
        sys.stderr.write(f"cluster: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("cluster: interrupted; run the same command again to continue, or `down` to give up\n")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cluster.py", description="A real Kubernetes, Kafka, PostgreSQL and Redis on this machine."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start what is not running yet")
    up.add_argument("--services", action="store_true", help="only Kafka, PostgreSQL and Redis")
    commands.add_parser("down", help="end everything and give the machine back as it was")
    commands.add_parser("status", help="what runs, and where")
    image = commands.add_parser("image", help="build a Dockerfile of the repository and import it")
    image.add_argument("dockerfile", type=Path)
    image.add_argument("tag", help="for example localhost/strategy-operator:dev")
    commands.add_parser("clean", help="down, then remove the caches")
    return parser


def _run(options: argparse.Namespace, layout: Layout) -> int:
    match options.command:
        case "up":
            endpoints = bring_up.up(layout, services_only=options.services)
            say(f"cluster is up: {layout.endpoints_file}" + ("" if endpoints.has_kubernetes else " (services only)"))
        case "down":
            return _down(layout)
        case "status":
            return 0 if overview.show(layout) else 1
        case "image":
            _image(layout, options.dockerfile.resolve(), options.tag)
        case "clean":
            left = _down(layout)
            tear_down.clean(layout)
            return left
    return 0


def _down(layout: Layout) -> int:
    left = tear_down.down(layout)
    for thing in left:
        say(f"  LEFT BEHIND: {thing}")
    say("left behind: nothing" if not left else f"left behind: {len(left)} things")
    return 1 if left else 0


def _image(layout: Layout, dockerfile: Path, tag: str) -> None:
    if kind.usable():
        kind.build_and_load(layout, dockerfile, tag)
        return
    key = images.build(layout, dockerfile, tag)
    if images.running(layout):
        images.load(layout, tag, key)
    say(f"{tag} {key}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
