"""Names that code of `app.sdk` may use without importing them, as the platform's executor gives them.

Libraries that the warden has not loaded are left out: a worker could not load their compiled parts any more.
"""

import collections
import datetime
import decimal
import functools
import itertools
import json
import math
import random
import re
import statistics
import sys
import time
from typing import Any

import numpy as np
import pandas as pd

from strategy_sandbox.sdk.app import sdk


def given_names() -> dict[str, Any]:
    """By name; looked up when a strategy is loaded."""
    modules = (collections, datetime, functools, itertools, json, math, random, re, statistics, time)
    names: dict[str, Any] = {module.__name__: module for module in modules}
    names |= {"decimal": decimal, "Decimal": decimal.Decimal, "numpy": np, "np": np, "pandas": pd, "pd": pd}
    names |= {name: sys.modules[name] for name in ("scipy", "sklearn") if name in sys.modules}
    return names | {name: getattr(sdk, name) for name in sdk.__all__}
