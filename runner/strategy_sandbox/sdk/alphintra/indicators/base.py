"""BaseIndicator, from which authors derive their own."""

from typing import Any

import pandas as pd

from strategy_sandbox.sdk.formulas import Values


class BaseIndicator:
    """`calculate` takes series, oldest first, and gives series of the same index."""

    def __init__(self, period: int = 14) -> None:
        if period < 1:
            raise ValueError(f"{type(self).__name__}: the period must be at least 1, it is {period}")
        self.period = period
        self.name = type(self).__name__

    def calculate(self, *series: Any) -> Any:
        """The indicator over the series."""
        raise NotImplementedError(f"{type(self).__name__} must define calculate")

    def __call__(self, *series: Any) -> Any:
        return self.calculate(*series)


def columns(series: tuple[Any, ...], names: tuple[str, ...]) -> tuple[Any, ...]:
    """The series by name: given one by one in this order, or as one frame with such columns."""
    if len(series) == 1 and isinstance(series[0], pd.DataFrame):
        return tuple(series[0][name] for name in names)
    if len(series) != len(names):
        raise TypeError(f"calculate takes {', '.join(names)}, or one frame with these columns; given: {len(series)}")
    return series


def as_series(values: Values, like: Any) -> pd.Series:
    """With the index of what it was made from."""
    return pd.Series(values, index=like.index if isinstance(like, pd.Series) else None)
