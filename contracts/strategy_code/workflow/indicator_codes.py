"""The indicators that the editor offers: codes, other spellings of them, and outputs in the editor's port order."""

from collections.abc import Mapping
from typing import Final

from strategy_code.words import words

_ONE_OUTPUT: Final = words("""
    SMA EMA WMA VWMA HMA DEMA TEMA ZLEMA ALMA KAMA MAMA T3 FRAMA TRIMA VIDYA RSI WILLIAMS CCI ROC MOM UO PMO QQE RMI
    IFT_RSI LSMA ATR STDDEV VAR NATR TRANGE BBWIDTH SQUEEZE UI THERMO CHOP OBV VWAP AD CMF EMV FI NVI PVI PVT VROC MFI
    KVO AO AC BOP FISHER INERTIA PSAR DPO
""")
INDICATOR_OUTPUTS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(_ONE_OUTPUT, ("value",)),
    "STOCH": ("k", "d"),
    "STOCHRSI": ("k", "d"),
    "TSI": ("tsi", "signal"),
    "PPO": ("ppo", "signal", "histogram"),
    "MACD": ("macd", "signal", "histogram"),
    "BB": ("upper", "middle", "lower", "width"),
    "KC": ("upper", "middle", "lower"),
    "DC": ("upper", "middle", "lower"),
    "VORTEX": ("vi_plus", "vi_minus"),
    "AROON": ("aroon_up", "aroon_down"),
    "KDJ": ("k", "d", "j"),
    "ADX": ("adx", "di_plus", "di_minus"),
    "DMI": ("dmi_plus", "dmi_minus", "adx"),
    "ICHIMOKU": ("tenkan", "kijun", "senkou_a", "senkou_b", "chikou"),
    "VOLUMEPROFILE": ("poc", "vah", "val"),
    "MARKETSTRUCTURE": ("higher_high", "lower_low", "support", "resistance"),
}
_ALIASES: Final[Mapping[str, str]] = {
    "BOLLINGER": "BB",
    "BOLLINGER_BANDS": "BB",
    "BBANDS": "BB",
    "STOCHASTIC": "STOCH",
    "STOCHASTIC_RSI": "STOCHRSI",
    "DONCHIAN": "DC",
    "DONCHIAN_CHANNEL": "DC",
    "KELTNER": "KC",
    "KELTNER_CHANNEL": "KC",
    "WILLIAMS_R": "WILLIAMS",
    "WILLR": "WILLIAMS",
    "MOMENTUM": "MOM",
    "STD": "STDDEV",
    "VARIANCE": "VAR",
    "SAR": "PSAR",
    "PARABOLIC_SAR": "PSAR",
    "VOLUME_PROFILE": "VOLUMEPROFILE",
    "MARKET_STRUCTURE": "MARKETSTRUCTURE",
    "TRUE_RANGE": "TRANGE",
    "ADL": "AD",
}


def canonical_code(text: str) -> str | None:
    """The code as it is known here; None when the editor never offered it."""
    code = text.strip().upper().replace(" ", "_").replace("-", "_")
    code = _ALIASES.get(code, code)
    return code if code in INDICATOR_OUTPUTS else None


def outputs_of(text: str) -> tuple[str, ...]:
    """The names of its outputs; one value for a code that is not known."""
    return INDICATOR_OUTPUTS.get(canonical_code(text) or "", ("value",))
