"""`python -m strategy_sandbox`: the warden, process 1 of the strategy container; see `warden_process`."""

from strategy_process.early_stop import leave_on_stop_signals

if __name__ == "__main__":
    leave_on_stop_signals()
    # Only now: what it imports takes a second, in which the process could not be stopped.
    from strategy_sandbox.warden_process import main

    main()
