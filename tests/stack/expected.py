"""What a run must publish, computed without any part of the product: call the strategy on the windows."""

import runpy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from exchange.candles import MINUTE_MS
from stack.candles import Series, windows

STRATEGIES = Path(__file__).parent / "strategies"


@dataclass(frozen=True)
class Decision:
    """The part of a signal that is the strategy's own."""

    evaluation_time: str
    symbol: str
    action: str
    confidence: float
    quantity: float
    metadata: tuple[tuple[str, Any], ...]


class Expected(Protocol):
    """All that one run must have published so far, and how a received signal is compared with it."""

    decisions: list[Decision]

    def extend(self, indices: Iterable[int]) -> None:
        """Decide at the closes of the bars `indices`, in order."""

    def published(self, signal: Mapping[str, Any]) -> Decision:
        """What the expectation knows of a signal."""


class Expectation:
    """One strategy, called once for every bar that closed since it was started."""

    def __init__(self, file: str, series: Series, *, lookback: int, parameters: Mapping[str, Any]) -> None:
        self.decisions: list[Decision] = []
        self._call = _entry_point(STRATEGIES / file)
        self._series, self._lookback, self._parameters = series, lookback, parameters

    def extend(self, indices: Iterable[int]) -> None:
        """Decide at the closes of the bars `indices`, in order."""
        any_symbol = next(iter(self._series.values()))
        for index in indices:
            evaluated_at = rfc3339(any_symbol[index].open_time + MINUTE_MS)
            for answer in self._call(windows(self._series, index, self._lookback), dict(self._parameters)):
                self.decisions.append(_decision(answer, evaluated_at))

    def published(self, signal: Mapping[str, Any]) -> Decision:
        """Everything that the strategy decided."""
        return published(signal)


def _decision(answer: Mapping[str, Any], evaluated_at: str) -> Decision:
    return Decision(
        evaluation_time=evaluated_at,
        symbol=answer["symbol"],
        action=answer["action"].upper(),
        confidence=answer["confidence"],
        quantity=answer.get("quantity", 0.1),
        metadata=tuple(sorted(answer["metadata"].items())),
    )


def published(signal: Mapping[str, Any]) -> Decision:
    """The same part of a signal as a client received it."""
    own = {key: value for key, value in signal["metadata"].items() if not key.endswith("_source")}
    return Decision(
        evaluation_time=signal["evaluation_time"],
        symbol=signal["symbol"],
        action=signal["action"],
        confidence=signal["confidence"],
        quantity=signal["execution_params"]["quantity"],
        metadata=tuple(sorted(own.items())),
    )


def rfc3339(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat().replace("+00:00", "Z")


def _entry_point(path: Path) -> Callable[[Any, Any], Sequence[Mapping[str, Any]]]:
    names = runpy.run_path(str(path))
    if "generate_signals" in names:
        return names["generate_signals"]  # type: ignore[no-any-return]
    (strategy,) = (value for value in names.values() if isinstance(value, type))
    return strategy().generate_signals  # type: ignore[no-any-return]
