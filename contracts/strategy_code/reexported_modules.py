"""Modules that allowed modules carry as attributes: `pandas.errors.ctypes`, `enum.bltns`, `numpy.emath`.

Taken from the runner image's packages; a test compares. A name alone is a module that no strategy may use,
`name=module` is one that it may, under another name.
"""

from typing import Final

_REEXPORTED: Final = {
    "alphintra.context": "logging=logging",
    "alphintra.indicators": "formulas pd=pandas",
    "alphintra.indicators.base": "pd=pandas",
    "alphintra.market_data": "pd=pandas",
    "alphintra.risk": "np=numpy",
    "app.sdk.data": "indicators=app.sdk.indicators",
    "app.sdk.indicators": "formulas",
    "app.sdk.strategy": "logging=logging",
    "calendar": "sys datetime=datetime",
    "contextlib": "os sys abc=abc",
    "dataclasses": "builtins inspect keyword sys types abc=abc copy=copy functools=functools itertools=itertools re=re",
    "datetime": "sys",
    "enum": "bltns sys",
    "fractions": "sys math=math numbers=numbers operator=operator re=re",
    "joblib": (
        "backports compressor disk executor externals func_inspect hashing logger memory numpy_pickle "
        "numpy_pickle_compat numpy_pickle_utils os parallel pool"
    ),
    "json": "codecs decoder encoder scanner",
    "logging": (
        "atexit io os sys threading traceback weakref collections=collections re=re time=time warnings=warnings"
    ),
    "numpy": "core ctypeslib f2py testing emath=numpy.lib.scimath",
    "numpy.lib": "array_utils format introspect mixins npyio",
    "numpy.ma": "core extras",
    "numpy.polynomial": "hermite_e polyutils",
    "numpy.polynomial.chebyshev": "pu np=numpy",
    "numpy.polynomial.hermite": "pu np=numpy",
    "numpy.polynomial.laguerre": "pu np=numpy",
    "numpy.polynomial.legendre": "pu np=numpy",
    "numpy.polynomial.polynomial": "pu np=numpy",
    "numpy.random": "bit_generator mtrand",
    "pandas": "compat core io plotting testing util offsets=pandas.tseries.offsets pandas=pandas",
    "pandas.api": "interchange",
    "pandas.errors": "ctypes",
    "pandas.tseries.api": "offsets=pandas.tseries.offsets",
    "pandas.tseries.frequencies": "lib np=numpy",
    "re": "copyreg enum=enum functools=functools",
    "scipy": "datasets differentiate io odr",
    "scipy.cluster.hierarchy": "xpx bisect=bisect distance=scipy.spatial.distance np=numpy warnings=warnings",
    "scipy.cluster.vq": "xpx np=numpy warnings=warnings",
    "scipy.constants": "codata constants",
    "scipy.fftpack": "basic convolve helper pseudo_diffs realtransforms",
    "scipy.integrate": "dop lsoda odepack quadpack vode",
    "scipy.interpolate": "fitpack fitpack2 interpnd interpolate ndgriddata polyint rbf",
    "scipy.linalg": (
        "basic cython_blas cython_lapack decomp decomp_cholesky decomp_lu decomp_qr decomp_schur decomp_svd "
        "interpolative matfuncs misc special_matrices"
    ),
    "scipy.linalg.blas": "functools=functools np=numpy",
    "scipy.linalg.lapack": "np=numpy",
    "scipy.ndimage": "filters fourier interpolation measurements morphology",
    "scipy.optimize": "cobyla lbfgsb linesearch minpack minpack2 moduleTNC nonlin optimize slsqp tnc zeros",
    "scipy.signal": (
        "bsplines filter_design fir_filter_design lti_conversion ltisys signaltools spectral spline waveforms wavelets"
    ),
    "scipy.signal.windows": "windows",
    "scipy.sparse": "base bsr compressed construct coo csc csr data dia dok extract lil sparsetools sputils",
    "scipy.sparse.linalg": "dsolve eigen interface isolve matfuncs",
    "scipy.spatial": "ckdtree kdtree qhull",
    "scipy.spatial.distance": "xpx dataclasses=dataclasses math=math np=numpy warnings=warnings",
    "scipy.spatial.transform": "rotation",
    "scipy.special": "add_newdocs basic cython_special orthogonal sf_error specfun spfun_stats",
    "scipy.stats": "biasedurn kde morestats mstats_basic mstats_extras mvn stats",
    "scipy.stats.contingency": "math=math np=numpy stats=scipy.stats",
    "sklearn": "callback datasets externals frozen",
    "sklearn.base": "inspect platform copy=copy functools=functools np=numpy numbers=numbers re=re warnings=warnings",
    "sklearn.calibration": "xpx np=numpy warnings=warnings",
    "sklearn.discriminant_analysis": "linalg=scipy.linalg np=numpy scipy=scipy warnings=warnings",
    "sklearn.dummy": "np=numpy sp=scipy.sparse warnings=warnings",
    "sklearn.experimental.enable_halving_search_cv": "model_selection=sklearn.model_selection",
    "sklearn.experimental.enable_iterative_imputer": "impute=sklearn.impute",
    "sklearn.feature_extraction": "image",
    "sklearn.feature_extraction.text": (
        "array metadata_routing unicodedata np=numpy re=re sp=scipy.sparse warnings=warnings"
    ),
    "sklearn.gaussian_process.kernels": "inspect math=math np=numpy warnings=warnings",
    "sklearn.impute": "typing=typing",
    "sklearn.isotonic": (
        "metadata_routing interpolate=scipy.interpolate math=math np=numpy optimize=scipy.optimize warnings=warnings"
    ),
    "sklearn.kernel_approximation": "np=numpy sp=scipy.sparse warnings=warnings",
    "sklearn.kernel_ridge": "np=numpy",
    "sklearn.metrics.pairwise": (
        "distance=scipy.spatial.distance itertools=itertools math=math np=numpy warnings=warnings"
    ),
    "sklearn.model_selection": "typing=typing",
    "sklearn.multiclass": "array itertools=itertools np=numpy sp=scipy.sparse warnings=warnings",
    "sklearn.multioutput": "np=numpy sp=scipy.sparse",
    "sklearn.naive_bayes": "xpx np=numpy warnings=warnings",
    "sklearn.pipeline": "np=numpy sparse=scipy.sparse",
    "sklearn.random_projection": "linalg=scipy.linalg np=numpy sp=scipy.sparse warnings=warnings",
    "sklearn.utils": (
        "arrayfuncs deprecation discovery fixes graph metadata_routing metaestimators murmurhash optimize "
        "parallel random sparsefuncs sparsefuncs_fast stats"
    ),
    "sklearn.utils.class_weight": "np=numpy sparse=scipy.sparse",
    "sklearn.utils.extmath": "inspect linalg=scipy.linalg np=numpy sparse=scipy.sparse warnings=warnings",
    "sklearn.utils.multiclass": "np=numpy warnings=warnings",
    "sklearn.utils.validation": (
        "nw joblib=joblib np=numpy numbers=numbers operator=operator sp=scipy.sparse warnings=warnings"
    ),
    "statistics": "sys math=math numbers=numbers random=random",
    "ta": "wrapper",
    "ta.momentum": "np=numpy pd=pandas",
    "ta.others": "np=numpy pd=pandas",
    "ta.trend": "np=numpy pd=pandas",
    "ta.utils": "math=math np=numpy pd=pandas",
    "ta.volatility": "np=numpy pd=pandas",
    "ta.volume": "np=numpy pd=pandas tp=typing",
    "talib": "atexit func",
    "textwrap": "re=re",
    "typing": (
        "sys types collections=collections contextlib=contextlib functools=functools operator=operator "
        "stdlib_re=re warnings=warnings"
    ),
    "uuid": "os platform sys",
    "warnings": "sys",
}


def _table(words: str) -> dict[str, str | None]:
    return {name: target or None for name, _, target in (word.partition("=") for word in words.split())}


REEXPORTED_MODULES: Final = {module: _table(words) for module, words in _REEXPORTED.items()}
"""By module: attribute to the allowed module it is, or None when it is one that is not allowed."""
