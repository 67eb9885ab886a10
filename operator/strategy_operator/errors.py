"""What can go wrong in the operator, named by what the caller must do.

OperatorError
├── DependencyUnavailable   the API server, Kafka or a database does not answer: try the same again later
├── Conflict                somebody else changed the object in between: read again and decide anew
└── Refused                 the API server understood and refused: say so in the status, try again much later
"""


class OperatorError(Exception):
    """Anything the operator expects to go wrong."""


class DependencyUnavailable(OperatorError):
    """A dependency does not answer: try the same again later."""


class Conflict(OperatorError):
    """The object is not as it was read: read again and decide anew."""


class Refused(OperatorError):
    """The request will not be granted as it is (quota, policy, an invalid object); the message says why."""
