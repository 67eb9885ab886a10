"""The platform's packages `app.sdk` and `alphintra`, as strategies import them; made anew, for signals.

Orders become candidate signals, the portfolio is the paper account, bars are the run's. A strategy finds the packages
under their own names in its worker only; here they are part of ours, and all of them are imported before the box.
"""

import sys

from strategy_code.layout import BundleLayout
from strategy_sandbox.sdk import alphintra, app
from strategy_sandbox.sdk.alphintra import indicators
from strategy_sandbox.sdk.app import sdk

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


__all__ = ["alphintra", "app", "indicators", "provide_sdks", "sdk"]
