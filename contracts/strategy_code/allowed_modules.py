"""Which installed modules a strategy may import. Exact paths: an allowed package does not allow its submodules."""

import sys
from typing import Final

from strategy_code.words import words

_STANDARD: Final = """
    __future__ abc bisect calendar cmath collections collections.abc contextlib copy dataclasses datetime decimal enum
    fractions functools heapq itertools json logging math numbers operator random re statistics string textwrap time
    typing uuid warnings zoneinfo
"""
_NUMPY: Final = """
    numpy numpy.char numpy.dtypes numpy.exceptions numpy.fft numpy.lib numpy.lib.scimath numpy.lib.stride_tricks
    numpy.linalg numpy.ma numpy.polynomial numpy.polynomial.chebyshev numpy.polynomial.hermite numpy.polynomial.laguerre
    numpy.polynomial.legendre numpy.polynomial.polynomial numpy.random numpy.rec numpy.strings numpy.typing
"""
_PANDAS: Final = """
    pandas pandas.api pandas.api.extensions pandas.api.indexers pandas.api.types pandas.api.typing pandas.arrays
    pandas.errors pandas.tseries pandas.tseries.api pandas.tseries.frequencies pandas.tseries.offsets
"""
_INDICATORS: Final = """
    ta ta.momentum ta.others ta.trend ta.utils ta.volatility ta.volume talib talib.abstract talib.stream
"""
_SCIPY: Final = """
    scipy scipy.cluster scipy.cluster.hierarchy scipy.cluster.vq scipy.constants scipy.fft scipy.fftpack scipy.integrate
    scipy.interpolate scipy.linalg scipy.linalg.blas scipy.linalg.lapack scipy.ndimage scipy.optimize scipy.signal
    scipy.signal.windows scipy.sparse scipy.sparse.csgraph scipy.sparse.linalg scipy.spatial scipy.spatial.distance
    scipy.spatial.transform scipy.special scipy.stats scipy.stats.contingency scipy.stats.distributions
    scipy.stats.mstats scipy.stats.qmc
"""
_SKLEARN: Final = """
    joblib sklearn sklearn.base sklearn.calibration sklearn.cluster sklearn.compose sklearn.covariance
    sklearn.cross_decomposition sklearn.decomposition sklearn.discriminant_analysis sklearn.dummy sklearn.ensemble
    sklearn.exceptions sklearn.experimental sklearn.experimental.enable_halving_search_cv
    sklearn.experimental.enable_iterative_imputer sklearn.feature_extraction sklearn.feature_extraction.text
    sklearn.feature_selection sklearn.gaussian_process sklearn.gaussian_process.kernels sklearn.impute
    sklearn.inspection sklearn.isotonic sklearn.kernel_approximation sklearn.kernel_ridge sklearn.linear_model
    sklearn.manifold sklearn.metrics sklearn.metrics.cluster sklearn.metrics.pairwise sklearn.mixture
    sklearn.model_selection sklearn.multiclass sklearn.multioutput sklearn.naive_bayes sklearn.neighbors
    sklearn.neural_network sklearn.pipeline sklearn.preprocessing sklearn.random_projection sklearn.semi_supervised
    sklearn.svm sklearn.tree sklearn.utils sklearn.utils.class_weight sklearn.utils.extmath
    sklearn.utils.multiclass sklearn.utils.validation
"""
_SDKS: Final = """
    app app.sdk app.sdk.backtest app.sdk.data app.sdk.indicators app.sdk.orders app.sdk.portfolio app.sdk.risk
    app.sdk.strategy alphintra alphintra.backtest alphintra.context alphintra.indicators alphintra.indicators.base
    alphintra.market_data alphintra.orders alphintra.portfolio alphintra.risk alphintra.strategy
"""
"""The platform's own packages, as the worker provides them."""
ALLOWED_MODULES: Final = frozenset(words(" ".join((_STANDARD, _NUMPY, _PANDAS, _INDICATORS, _SCIPY, _SKLEARN, _SDKS))))
_OF_THE_WORKER: Final = words("""
    dateutil msgspec pytz six structlog strategy_code strategy_contracts strategy_process strategy_sandbox threadpoolctl
""")
ALLOWED_ROOTS: Final = frozenset(name.partition(".")[0] for name in ALLOWED_MODULES)


def is_taken(name: str) -> bool:
    """Whether an installed module already has this top-level name, so that a file of a bundle cannot."""
    # `app` is a common name for an author's own file or folder; then that is what an import means.
    return name != "app" and (name in sys.stdlib_module_names or name in ALLOWED_ROOTS or name in _OF_THE_WORKER)
