"""The words for conditions: the editor's in both of its lists, and what generators and templates wrote for them.

What a word means in numbers is the interpreter's part; here it is only known, or refused with the reason.
"""

from collections.abc import Mapping
from typing import Final

from strategy_code.words import words

CONDITION_TYPES: Final = words("comparison crossover trend pattern timeframe volume structure volatility correlation")
CONDITIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "comparison": words("""
        greater_than less_than greater_equal less_equal equal_to not_equal range outside_range percentage_change
        rate_of_change absolute_change z_score percentile_rank moving_average_deviation standard_deviation_multiple
        bollinger_position keltner_position
    """),
    "crossover": words("""
        crossover crossunder golden_cross death_cross bullish_divergence bearish_divergence macd_signal_cross
        rsi_level_cross stoch_level_cross cci_level_cross williams_r_cross triple_ma_cross ichimoku_cross
        price_envelope_cross
    """),
    "trend": words("""
        rising falling sideways trend_strength momentum_change adx_trend parabolic_sar aroon_trend
        linear_regression_slope polynomial_trend trend_acceleration trend_exhaustion
    """),
    "pattern": words("""
        support_level resistance_level breakout_up breakout_down oversold overbought double_top double_bottom
        head_shoulders inverse_head_shoulders triangle_pattern flag_pattern pennant_pattern wedge_pattern hammer doji
        engulfing_bullish engulfing_bearish morning_star evening_star three_white_soldiers three_black_crows
    """),
    "timeframe": words("higher_timeframe_trend multi_tf_alignment weekly_monthly_bias"),
    "volume": words("""
        volume_spike volume_dry_up on_balance_volume accumulation_distribution money_flow_index volume_price_trend
        chaikin_oscillator ease_of_movement
    """),
    "structure": words("higher_high lower_low structure_break liquidity_sweep fair_value_gap order_block"),
    "volatility": words("""
        volatility_expansion volatility_contraction atr_multiple bollinger_squeeze keltner_squeeze
    """),
    "correlation": words("correlation_strength correlation_divergence market_regime_change"),
}
"""By type: the words that are interpreted."""

_NO_FORMULA: Final = "it has no published formula; draw what you mean with comparisons and logic"
REFUSED_CONDITIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        words("elliott_wave_count wyckoff_phase market_maker_move fractal_alignment time_cycle_confluence"), _NO_FORMULA
    ),
    "seasonal_pattern": "it needs years of bars, and a run sees at most 5,000",
    "vix_level": "there is no VIX in the drawing; add a data source of it and compare that",
    "sector_rotation": "it needs the prices of sectors, which a drawing does not have",
}
_ALIASES: Final[Mapping[str, str]] = {
    ">": "greater_than",
    "gt": "greater_than",
    "above": "greater_than",
    "greater": "greater_than",
    "<": "less_than",
    "lt": "less_than",
    "below": "less_than",
    "less": "less_than",
    **dict.fromkeys(
        (">=", "gte", "greater_than_equal", "greater_or_equal", "greater_than_or_equal", "greater_equals"),
        "greater_equal",
    ),
    **dict.fromkeys(
        ("<=", "lte", "less_than_equal", "less_or_equal", "less_than_or_equal", "less_equals"), "less_equal"
    ),
    **dict.fromkeys(("=", "==", "eq", "equal", "equals"), "equal_to"),
    **dict.fromkeys(("!=", "<>", "ne", "not_equals", "not_equal_to"), "not_equal"),
    **dict.fromkeys(("between", "in_range", "inside_range", "within_range"), "range"),
    **dict.fromkeys(("not_between", "out_of_range"), "outside_range"),
    **dict.fromkeys(
        ("crosses_above", "cross_above", "crossed_above", "cross_over", "crosses_over", "crossover_above"), "crossover"
    ),
    **dict.fromkeys(
        ("crosses_below", "cross_below", "crossed_below", "cross_under", "crosses_under", "crossover_below"),
        "crossunder",
    ),
    **dict.fromkeys(("bullish_engulfing", "engulfing"), "engulfing_bullish"),
    "bearish_engulfing": "engulfing_bearish",
    "increasing": "rising",
    "decreasing": "falling",
    "breakout": "breakout_up",
    "breakdown": "breakout_down",
}
_KNOWN: Final = frozenset(word for listed in CONDITIONS.values() for word in listed)


def canonical_condition(text: str) -> str | None:
    """The word as it is known here, a refused one included; None when nobody ever offered it."""
    word = text.strip().lower().replace(" ", "_").replace("-", "_")
    word = _ALIASES.get(word, word)
    return word if word in _KNOWN or word in REFUSED_CONDITIONS else None
