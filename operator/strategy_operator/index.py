"""Which strategies there are, and which of them an execution, a ConfigMap or a database row concerns.

Keys and ids only: ten thousand strategies cost a few megabytes. Filled by every event, repaired by every list.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from strategy_operator.names import Key


class SourceRef(NamedTuple):
    """A place outside the resource that its code comes from."""

    kind: str
    """configMap, noCode or aiMl."""
    id: str


def source_ref(strategy: Mapping[str, Any]) -> SourceRef | None:
    """The outside source of a resource; None for inline code."""
    source = strategy.get("spec", {}).get("source", {})
    match source:
        case {"configMap": {"name": name}}:
            return SourceRef("configMap", f"{strategy['metadata']['namespace']}/{name}")
        case {"noCode": {"workflowId": workflow}}:
            return SourceRef("noCode", workflow.lower())
        case {"aiMl": {"strategyId": stored}}:
            return SourceRef("aiMl", stored.lower())
    return None


class StrategyIndex:
    """The strategies the operator knows of."""

    def __init__(self, unused: Callable[[SourceRef], None] = lambda _: None) -> None:
        """`unused` is called with a source that no strategy uses any more."""
        self._unused = unused
        self._strategies: dict[Key, tuple[str, SourceRef | None]] = {}
        self._executions: dict[str, Key] = {}
        self._sources: dict[SourceRef, set[Key]] = {}

    def put(self, key: Key, execution_id: str, ref: SourceRef | None) -> None:
        """Remember or update a strategy."""
        if self._strategies.get(key) == (execution_id, ref):
            return
        self.remove(key)
        self._strategies[key] = (execution_id, ref)
        self._executions[execution_id] = key
        if ref is not None:
            self._sources.setdefault(ref, set()).add(key)

    def remove(self, key: Key) -> None:
        """Forget a strategy."""
        entry = self._strategies.pop(key, None)
        if entry is None:
            return
        uid, ref = entry
        self._executions.pop(uid, None)
        if ref is not None:
            self._sources[ref].discard(key)
            if not self._sources[ref]:
                del self._sources[ref]
                self._unused(ref)

    def of_execution(self, execution_id: str) -> Key | None:
        """Whose execution that is."""
        return self._executions.get(execution_id)

    def of_source(self, ref: SourceRef) -> Iterable[Key]:
        """Whose code comes from there."""
        return tuple(self._sources.get(ref, ()))

    def keys(self, namespace: str) -> set[Key]:
        """All strategies of a namespace."""
        return {key for key in self._strategies if key.namespace == namespace}

    def __len__(self) -> int:
        return len(self._strategies)
