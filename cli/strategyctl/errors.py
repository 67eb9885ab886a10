"""What ends a command.

CommandError
├── UnusableInput   a file or an option cannot be used: the sentence names it
└── StrategyFaulty  the strategy itself cannot go on: the sentence says where
"""


class CommandError(Exception):
    """The message is a sentence for the user; `exit_code` is the process's."""

    exit_code = 1


class UnusableInput(CommandError):
    """Nothing was run. 2 is also what a wrong option gives."""

    exit_code = 2


class StrategyFaulty(CommandError):
    """The strategy was refused, or failed until there was no point in going on."""
