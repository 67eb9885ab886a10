"""Prints what every sample does on recorded bars: `python tests/integration/shapes/table.py [BARS]`.

Columns: shape, sample, how it is called, decisions that are not HOLD, signals with `repeat: OnChange`, whether all of
it is what the reference says.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from shape_runs import entry_point_of, files_of, run_shape
from shape_samples import ALL, recorded_bars
from strategy_contracts.runner_config import SignalRules
from warden_client import Supervisor, running_warden


def main() -> None:
    """One line a sample."""
    bars = recorded_bars(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    with tempfile.TemporaryDirectory() as folder, running_warden(Path(folder)), Supervisor(Path(folder)) as supervisor:
        for sample in ALL:
            files = files_of(sample.file)
            found = run_shape(supervisor, files, {"BTCUSDT": bars})
            published = run_shape(supervisor, files, {"BTCUSDT": bars}, rules=SignalRules(cooldown_seconds=0))
            known = [item for item in found.actions if item[1] in ("BUY", "SELL", "CLOSE_LONG")]
            agrees = "yes" if known == sample.reference(bars) else "NO"
            called = entry_point_of(files).describe()
            print(
                f"{sample.shape:3} {sample.path:28} {called:52} {len(known):5} {len(published.signals):5} {agrees}",
                flush=True,
            )


if __name__ == "__main__":
    main()
