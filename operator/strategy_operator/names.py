"""Names of everything the operator makes, computed from the resource and nothing else.

Requirements: the same resource always gives the same name (the pod's name is the lock that keeps a second pod out);
a name fits its use for every name the API server admits for a resource (253 characters, dots); names of different
resources differ. What does not fit is cut and completed by a hash of the whole.
"""

import hashlib
from typing import Final, NamedTuple

from strategy_contracts.bundle import short_digest
from strategy_contracts.resource import GROUP

MANAGER: Final = "strategy-operator"
"""Field manager, and value of the label app.kubernetes.io/managed-by."""

STRATEGY_LABEL: Final = f"{GROUP}/strategy"
INCARNATION_LABEL: Final = f"{GROUP}/incarnation"
INPUT_HASH: Final = f"{GROUP}/input-hash"
TIMING_HASH: Final = f"{GROUP}/timing-hash"
BUNDLE_DIGEST: Final = f"{GROUP}/bundle-digest"
OPERATOR_VERSION: Final = f"{GROUP}/operator-version"

_POD_SUFFIX: Final = "-runner"
_LONGEST_HOST_NAME: Final = 63


class Key(NamedTuple):
    """Which TradingStrategy."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def label(name: str) -> str:
    """A resource's name as a label value: itself where it fits."""
    return _fitted(name, 63)


def pod_name(name: str) -> str:
    """The one name of the resource's runner pod; also a host name."""
    return _fitted(name, _LONGEST_HOST_NAME - len(_POD_SUFFIX)) + _POD_SUFFIX


def bundle_secret_name(name: str, execution_id: str, digest: str) -> str:
    """The Secret with one bundle of one execution: a resource made anew under an old name has its own."""
    return f"{_fitted(name, 200)}-{execution_id[:8]}-{short_digest(digest)}"


def _fitted(name: str, length: int) -> str:
    if len(name) <= length:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:10]
    return f"{name[: length - 11].rstrip('-.')}-{digest}"
