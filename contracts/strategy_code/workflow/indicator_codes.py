"""The indicators that the editor offers: codes, other spellings of them, and outputs in the editor's port order."""

from collections.abc import Mapping
from typing import Final

from strategy_code.words import words

_ONE_OUTPUT: Final = words("""
    SMA EMA WMA VWMA HMA DEMA TEMA ZLEMA ALMA KAMA T3 FRAMA TRIMA VIDYA RSI WILLIAMS CCI ROC MOM UO RMI IFT_RSI LSMA ATR
    STDDEV VAR NATR TRANGE BBWIDTH UI CHOP OBV VWAP AD CMF EMV FI NVI PVI PVT VROC MFI AO AC BOP INERTIA DPO
""")
_WITH_SIGNAL: Final = words("MAMA PMO QQE SQUEEZE THERMO KVO FISHER PSAR")
INDICATOR_OUTPUTS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(_ONE_OUTPUT, ("value",)),
    **dict.fromkeys(_WITH_SIGNAL, ("value", "signal")),
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
OF_PRICES: Final = frozenset(
    words("""
    STOCH KDJ WILLIAMS CCI UO AO AC BOP ATR NATR TRANGE THERMO CHOP KC DC SQUEEZE OBV VWAP AD NVI PVI PVT CMF EMV FI
    VROC MFI KVO ADX DMI AROON VORTEX ICHIMOKU PSAR VOLUMEPROFILE MARKETSTRUCTURE
    """)
)
"""Those that read bars and nothing else: another indicator's numbers cannot feed them."""
_ALIASES: Final[Mapping[str, str]] = {
    **dict.fromkeys(words("BOLLINGER BOLLINGERBANDS BBANDS"), "BB"),
    "BOLLINGERWIDTH": "BBWIDTH",
    "STOCHASTIC": "STOCH",
    "STOCHASTICRSI": "STOCHRSI",
    **dict.fromkeys(words("DONCHIAN DONCHIANCHANNEL DONCHIANCHANNELS"), "DC"),
    **dict.fromkeys(words("KELTNER KELTNERCHANNEL KELTNERCHANNELS"), "KC"),
    **dict.fromkeys(words("WILLIAMSR WILLR"), "WILLIAMS"),
    "MOMENTUM": "MOM",
    "ULTOSC": "UO",
    **dict.fromkeys(words("LINEARREG LINREG"), "LSMA"),
    "STD": "STDDEV",
    "VARIANCE": "VAR",
    **dict.fromkeys(words("SAR PARABOLICSAR"), "PSAR"),
    **dict.fromkeys(words("TR TRUERANGE"), "TRANGE"),
    "ADL": "AD",
    "EFI": "FI",
    "TTMSQUEEZE": "SQUEEZE",
}


def _spelling(text: str) -> str:
    """Without case and separators: what those who wrote drawings disagree about."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


_CODES: Final = {_spelling(code): code for code in INDICATOR_OUTPUTS}


def canonical_code(text: str) -> str | None:
    """The code as it is known here; None when the editor never offered it."""
    spelled = _spelling(text)
    return _CODES.get(_ALIASES.get(spelled, spelled))


def outputs_of(text: str) -> tuple[str, ...]:
    """The names of its outputs; one value for a code that is not known."""
    return INDICATOR_OUTPUTS.get(canonical_code(text) or "", ("value",))
