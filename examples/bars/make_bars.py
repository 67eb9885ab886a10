"""Writes the example bars: a day of minutes of two symbols, invented, the same at every run.

    python examples/bars/make_bars.py

Prices walk at random with calm and wild hours and a pull back to a slowly moving mean, so that every example finds
something to do. Nothing here comes from a market.
"""

import math
import random
from pathlib import Path

MINUTE_MS = 60_000
START_MS = 1_704_067_200_000
"""2024-01-01 00:00 UTC."""
BARS = 1440
STEPS = 12
"""Price moves within a bar."""


def make_bars(seed: int, price: float, digits: int) -> list[str]:
    """CSV lines of one symbol."""
    dice = random.Random(seed)  # noqa: S311 - invented prices need no secrecy
    mean, lines = price, ["open_time,open,high,low,close,volume"]
    for index in range(BARS):
        wildness = 0.0004 * (1.5 + math.sin(index / 95))
        mean *= 1 + dice.gauss(0, 0.0003)
        path = [price]
        for _ in range(STEPS):
            price *= 1 + dice.gauss((mean / price - 1) / 300, wildness / math.sqrt(STEPS))
            path.append(price)
        values = (path[0], max(path), min(path), path[-1])
        volume = round(dice.lognormvariate(1, 0.6) * (1 + 500 * wildness), 3)
        opened = START_MS + index * MINUTE_MS
        lines.append(",".join([str(opened), *(f"{value:.{digits}f}" for value in values), str(volume)]))
    return lines


def main() -> None:
    folder = Path(__file__).parent
    for symbol, seed, price, digits in (("BTCUSDT", 1, 42_000.0, 2), ("ETHUSDT", 2, 2_300.0, 2)):
        text = "\n".join(make_bars(seed, price, digits)) + "\n"
        (folder / f"{symbol}-1m.csv").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
