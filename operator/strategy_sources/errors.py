"""Why a source gives no strategy, named by what the caller must do.

SourceProblem
├── SourceUnavailable   the database does not answer: try the same again later
└── SourceRefused       it will not change by itself: tell the author, look again when the source changes
"""


class SourceProblem(Exception):
    """Anything that keeps a source from giving its strategy."""


class SourceUnavailable(SourceProblem):
    """The database does not answer, or not as expected: try again later."""


class SourceRefused(SourceProblem):
    """The strategy cannot be given; `reason` is a CamelCase word, the message a sentence for the author."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason, self.message = reason, message
