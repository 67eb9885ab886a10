"""`strategyctl`: one command, one sentence when it cannot be done."""

import argparse
import os
import sys
from collections.abc import Sequence

from strategy_process.logs import configure_logging
from strategyctl import check, local_run
from strategyctl.errors import CommandError

LOG_LEVEL_VARIABLE = "STRATEGYCTL_LOG_LEVEL"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    # Faults are told in sentences; the log is for who wants to look inside.
    configure_logging(os.environ.get(LOG_LEVEL_VARIABLE, "CRITICAL"), "console")
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except CommandError as error:
        print(f"strategyctl: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read our output has seen enough; the interpreter must not try to flush it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return local_run.INTERRUPTED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="strategyctl", description="Check and run trading strategies.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module, name, text in (
        (check, "check", "say whether a strategy would be admitted, and why not"),
        (local_run, "run", "run a strategy on files of bars and print its signals"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
