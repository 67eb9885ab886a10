"""`python -m strategy_runner`: the supervisor container of a runner pod; see `supervisor_process`."""

import sys

from strategy_process.early_stop import leave_on_stop_signals

if __name__ == "__main__":
    leave_on_stop_signals()
    # Only now: what it imports takes a second, in which the process could not be stopped.
    from strategy_runner.supervisor_process import main

    sys.exit(main())
