"""The platform's packages `app.sdk` and `alphintra`, as strategies import them; made anew, for signals.

Orders become candidate signals, the portfolio is the paper account, bars are the run's. A strategy finds the packages
under their own names in its worker only; here they are part of ours.
"""

import sys

from strategy_code.layout import BundleLayout
from strategy_sandbox.sdk import alphintra, app
from strategy_sandbox.sdk.alphintra import backtest as _  # noqa: F401 - every part is imported before the box
from strategy_sandbox.sdk.app import sdk as _sdk  # noqa: F401

_PREFIX = f"{__name__}."
_ROOTS = ("app", "alphintra")


def provide_sdks(layout: BundleLayout) -> None:
    """Let `import app.sdk` and `import alphintra` find ours, unless the bundle has files of that name itself."""
    own = {root for root in _ROOTS if layout.find(root) is not None}
    for name, module in list(sys.modules.items()):
        if name.startswith(_PREFIX):
            public = name.removeprefix(_PREFIX)
            root = public.partition(".")[0]
            if root in _ROOTS and root not in own:
                sys.modules[public] = module


__all__ = ["alphintra", "app", "provide_sdks"]
