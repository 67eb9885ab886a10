"""Why a source gives no strategy, named by what the caller must do.

SourceProblem
├── SourceUnavailable   the database does not answer: try the same again later
│   └── SchemaChanged   its tables are not what they were: look at them again, then ask anew
└── SourceRefused       it will not change by itself: tell the author, look again when the source changes
"""


class SourceProblem(Exception):
    """Anything that keeps a source from giving its strategy."""


class SourceUnavailable(SourceProblem):
    """The database does not answer, or not as expected: try again later."""


class SchemaChanged(SourceUnavailable):
    """A table or column is missing."""


class SourceRefused(SourceProblem):
    """The strategy cannot be given; `reason` is a CamelCase word, the message a sentence for the author."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason, self.message = reason, message
