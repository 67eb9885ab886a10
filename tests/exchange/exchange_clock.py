"""The exchange's own time: it runs at a settable multiple of real time, stands still, or is moved by hand."""

from collections.abc import Callable


class ExchangeClock:
    """Milliseconds since the epoch on the exchange; never later than `end_ms`."""

    def __init__(self, start_ms: int, end_ms: int, speed: float, monotonic: Callable[[], float]) -> None:
        self._base_ms, self.end_ms = start_ms, end_ms
        self._monotonic = monotonic
        self._base_at = monotonic()
        self.speed = speed
        self.running = speed > 0

    def now_ms(self) -> int:
        if not self.running:
            return self._base_ms
        return min(self.end_ms, self._base_ms + int((self._monotonic() - self._base_at) * 1000 * self.speed))

    def pause(self) -> None:
        self._base_ms = self.now_ms()
        self.running = False

    def run(self, speed: float) -> None:
        self._base_ms = self.now_ms()
        self._base_at = self._monotonic()
        self.speed, self.running = speed, True

    def move_to(self, at_ms: int) -> None:
        """Jump forward while standing still."""
        self._base_ms = min(self.end_ms, max(self._base_ms, at_ms))

    def seconds_until(self, at_ms: int) -> float:
        """Real seconds until `at_ms`; the clock must be running."""
        return max(0.0, (at_ms - self.now_ms()) / 1000 / self.speed)
