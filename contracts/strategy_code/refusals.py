"""What of allowed modules a strategy may not touch, and what to write instead of what is refused."""

from typing import Final

from strategy_code.words import words

_NO_FILES: Final = "strategies have no files; market data arrives in `data`, settings in `parameters`"
_NO_CODE: Final = "it runs code from text; write the code itself"
_NO_MODELS: Final = (
    "models cannot be loaded from files; fit them in the strategy or put their numbers into `parameters`"
)

REFUSED_NAMES: Final[dict[str, dict[str, str]]] = {
    "numpy": {
        **dict.fromkeys(
            words("load save savez savez_compressed savetxt loadtxt genfromtxt fromfile memmap fromregex"), _NO_FILES
        ),
        "seterrcall": "use np.errstate or np.seterr",
        "show_config": "it is of no use in a strategy",
    },
    "numpy.lib.stride_tricks": {"as_strided": "it reads outside of arrays; use sliding_window_view"},
    "pandas": {
        **dict.fromkeys(("ExcelWriter", "ExcelFile", "HDFStore"), _NO_FILES),
        "eval": "write the expression in Python, or use DataFrame.eval with columns",
        "show_versions": "it is of no use in a strategy",
    },
    "logging": {
        **dict.fromkeys(("FileHandler", "config", "handlers"), "use logging.getLogger(__name__) as it is"),
    },
    "operator": dict.fromkeys(("attrgetter", "methodcaller"), "use a lambda"),
    "string": {"Formatter": "use an f-string"},
    "typing": dict.fromkeys(("get_type_hints", "ForwardRef"), _NO_CODE),
    "zoneinfo": {"reset_tzpath": "use ZoneInfo with a name"},
    "joblib": {
        **dict.fromkeys(("load", "dump"), _NO_MODELS),
        **dict.fromkeys(
            ("Memory", "MemorizedResult", "register_store_backend", "wrap_non_picklable_objects"), _NO_FILES
        ),
    },
}
"""What an allowed module has and a strategy may not use, with what to do instead."""
REFUSED_PREFIXES: Final = {"pandas": ("read_", _NO_FILES)}
ALLOWED_OPTIONS: Final = ("display.", "mode.", "compute.", "future.")
"""Of pandas: `plotting.backend` would import any module by its name."""

_NO_NETWORK: Final = "strategies have no network; market data arrives in `data`"
_NO_SYSTEM: Final = "strategies cannot use the operating system"
_NO_TASKS: Final = "a strategy is one function call at a time; remove it"
_NOT_INSTALLED: Final = "the runner image does not have it; use spec.runner.strategyImage for an image of your own"
ADVICE: Final[dict[str, str]] = {
    **dict.fromkeys(
        words("requests urllib urllib3 http socket ssl aiohttp websocket websockets httpx ftplib"), _NO_NETWORK
    ),
    **dict.fromkeys(words("yfinance ccxt binance alpaca_trade_api"), _NO_NETWORK),
    **dict.fromkeys(words("os sys subprocess shutil signal ctypes platform resource gc inspect importlib"), _NO_SYSTEM),
    **dict.fromkeys(words("pathlib io tempfile glob sqlite3 csv configparser fileinput"), _NO_FILES),
    **dict.fromkeys(words("threading multiprocessing asyncio concurrent sched"), _NO_TASKS),
    **dict.fromkeys(words("pickle shelve marshal dill cloudpickle"), _NO_MODELS),
    **dict.fromkeys(words("matplotlib seaborn plotly"), "there is no screen; put numbers into the signal's metadata"),
    **dict.fromkeys(
        words("torch tensorflow keras xgboost lightgbm statsmodels polars numba backtrader"), _NOT_INSTALLED
    ),
    "builtins": "builtins need no import",
    "pandas_ta": "the runner image has `ta` and `talib` instead",
}
"""By first part of a module's name: what to do about an import that is refused."""
