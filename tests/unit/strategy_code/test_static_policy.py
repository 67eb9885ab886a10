"""The static policy by tables: attacks of every class, and the honest code that looks like them."""

import pytest

from strategy_code.analysis import analyse

ENTRY = "\ndef generate_signals(data, parameters):\n    return []\n"


def refusals(body: str) -> list[tuple[str, int]]:
    verdict = analyse({"main.py": body + ENTRY}, "main.py")
    return [(finding.rule, finding.line) for finding in verdict.findings]


@pytest.mark.parametrize(
    ("body", "rule", "line"),
    [
        # modules
        pytest.param("import numpy as np\nnp.load('x')", "module", 2, id="a function that reads files"),
        pytest.param("import pandas as pd\npd.read_pickle('x')", "module", 2, id="pickle through pandas"),
        pytest.param("import pandas as pd\npd.errors.ctypes.CDLL(None)", "module", 2, id="a re-exported module"),
        pytest.param("import enum\nenum.bltns.exec('1')", "module", 2, id="builtins under another name"),
        pytest.param("import json\njson.codecs.open('x')", "module", 2, id="an open under another name"),
        pytest.param("import numpy as np\nnp.ma.core.builtins", "module", 2, id="a chain of modules"),
        pytest.param("import numpy\nn = numpy\nn.load('x')", "module", 2, id="a module by another name"),
        pytest.param("import numpy\n[numpy][0].load('x')", "module", 2, id="a module in a list"),
        pytest.param("import numpy\ndef f():\n    return numpy", "module", 3, id="a module that is returned"),
        pytest.param("import numpy\nprint(numpy)", "module", 2, id="a module that is passed"),
        pytest.param("import numpy\nx = lambda m=numpy: m", "module", 2, id="a module as a default"),
        pytest.param("import logging\nlogging.basicConfig(filename='x')", "module", 2, id="a log file"),
        pytest.param(
            "import pandas as pd\npd.set_option('plotting.backend', 'os')", "module", 2, id="a plotting backend"
        ),
        pytest.param(
            "import pandas as pd\npd.options.plotting.backend = 'os'", "module", 2, id="the same by attribute"
        ),
        pytest.param(
            "import numpy as np\nnp.lib.stride_tricks.as_strided(x)", "module", 2, id="memory outside of arrays"
        ),
        pytest.param("import joblib\njoblib.load('m')", "module", 2, id="a model from a file"),
        pytest.param("import numpy as np\nnp.empty = None", "module", 2, id="a library that is changed"),
        pytest.param("import numpy as np\ndel np.empty", "module", 2, id="a library that is made smaller"),
        pytest.param("from operator import attrgetter", "import", 1, id="attributes by name"),
        # attributes
        pytest.param("().__class__.__base__.__subclasses__()", "attribute", 1, id="the list of all classes"),
        pytest.param("print.__self__", "attribute", 1, id="the module of a builtin"),
        pytest.param("(lambda: 0).__globals__", "attribute", 1, id="globals of a function"),
        pytest.param("(x for x in [1]).gi_frame.f_builtins", "attribute", 1, id="a generator's frame"),
        pytest.param("f = None\nf.__code__.co_consts", "attribute", 2, id="code objects"),
        pytest.param(
            "try:\n    pass\nexcept Exception as e:\n    e.__traceback__.tb_frame", "attribute", 4, id="a traceback"
        ),
        pytest.param(
            "try:\n    pass\nexcept AttributeError as e:\n    e.obj", "attribute", 4, id="an exception's object"
        ),
        pytest.param("x = []\nx.tofile('y')", "attribute", 2, id="an array into a file"),
        pytest.param("def f(df):\n    df.to_csv('x')", "attribute", 2, id="a frame into a file"),
        pytest.param("def f(df):\n    df.to_json('x')", "attribute", 2, id="JSON with a path"),
        pytest.param("def f(df):\n    return df.to_string", "attribute", 2, id="a writer as a value"),
        pytest.param("def f(df):\n    df.style.to_html()", "attribute", 2, id="a styler"),
        pytest.param("int.mro()", "attribute", 1, id="the bases of a class"),
        # names
        pytest.param("eval('1')", "name", 1, id="eval"),
        pytest.param("x = exec", "name", 1, id="exec as a value"),
        pytest.param("@exec\ndef f(): ...", "name", 1, id="exec as a decorator"),
        pytest.param("def f(x: eval('1')): ...", "name", 1, id="an annotation that runs"),
        pytest.param("def f(x=open('y')): ...", "name", 1, id="a default that runs"),
        pytest.param("open('x')\ndef f(open): ...", "name", 1, id="open outside of where it is a parameter"),
        pytest.param("[open for open in [open]]", "name", 1, id="open in the first iterable, which is outside"),
        pytest.param(
            "class C:\n    open = 1\n    def f(self):\n        open('x')",
            "name",
            4,
            id="a class body is not seen inside",
        ),
        pytest.param("__builtins__ = {}", "name", 1, id="binding __builtins__"),
        pytest.param(
            "__\U0001d5f6\U0001d5fa\U0001d5fd\U0001d5fc\U0001d5ff\U0001d601__('os')",
            "name",
            1,
            id="letters that are normalised",
        ),
        pytest.param("getattr(x, 'a' + 'b')", "name", 1, id="getattr with a computed name"),
        pytest.param("getattr(x, '_private')", "name", 1, id="getattr of a private name"),
        pytest.param("f = getattr", "name", 1, id="getattr as a value"),
        pytest.param("globals()['x']", "name", 1, id="globals"),
        pytest.param("__loader__.get_data('x')", "name", 1, id="the loader"),
        # definitions
        pytest.param("class C:\n    def __del__(self): ...", "definition", 2, id="a finaliser"),
        pytest.param("class C:\n    def __reduce__(self): ...", "definition", 2, id="a pickle hook"),
        pytest.param("class C:\n    __getattribute__ = print", "definition", 2, id="attribute access by assignment"),
        pytest.param("class C:\n    __match_args__ = ('x',)", "definition", 2, id="attributes by pattern"),
        pytest.param(
            "match x:\n    case object(__class__=c): ...", "definition", 2, id="a pattern that reads __class__"
        ),
        pytest.param("try: ...\nexcept* ValueError: ...", "definition", 1, id="exception groups"),
        # texts
        pytest.param("'{0.__class__}'.format(1)", "text", 1, id="a format field"),
        pytest.param("'{:{x.__class__}}'.format(1, x=2)", "text", 1, id="a format field in a field"),
        pytest.param("T = '{0._x}'\nT.format(1)", "text", 2, id="a format field in a constant"),
        pytest.param("def f(t):\n    return t.format(1)", "text", 2, id="a template that comes from outside"),
        pytest.param("f = str.format", "text", 1, id="format as a value"),
        pytest.param("def f(df):\n    df.agg('to_csv', path_or_buf='x')", "text", 2, id="a method by its name"),
        pytest.param("def f(df):\n    df.agg(['mean', 'to_csv'])", "text", 2, id="one in a list"),
        pytest.param("def f(df):\n    df.query('@x.system(1)')", "text", 2, id="a query that reads attributes"),
        pytest.param("def f(df):\n    df.eval('a.__class__')", "text", 2, id="an eval with dunders"),
        pytest.param("def f(df):\n    df.hist(backend='os')", "text", 2, id="a backend"),
    ],
)
def test_an_attack_is_refused_at_its_line(body: str, rule: str, line: int) -> None:
    assert (rule, line) in refusals(body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("def candle(open, close):\n    return close > open", id="open as a parameter"),
        pytest.param("def f(df):\n    open, high = df['open'], df['high']\n    return open < high", id="open unpacked"),
        pytest.param("def f(df):\n    return [open for open in df.open]", id="open in a comprehension and as a column"),
        pytest.param("import re\nPATTERN = re.compile('x')", id="re.compile"),
        pytest.param("def f(model, df):\n    model.eval()\n    return df.eval('a = b + 1')", id="eval as a method"),
        pytest.param("def f(df, level):\n    return df.query('close > @level and volume > 1')", id="a query"),
        pytest.param(
            "def f(df):\n    os = df['a']\n    sys, input, vars, id = os, 1, 2, 3\n    return os, sys, input, vars, id",
            id="module names as variables",
        ),
        pytest.param('"""Uses eval( and __import__."""\nX = "open(x)"', id="words in texts"),
        pytest.param(
            "class A:\n    __slots__ = ('x',)\n    def __repr__(self): return ''\n    __str__ = __repr__",
            id="ordinary dunders",
        ),
        pytest.param(
            "class A:\n    def __init__(self):\n        super().__init__()\n        self._x = self.__y = 1",
            id="private attributes",
        ),
        pytest.param("__all__ = ['x']\n__version__ = '1'\nif __name__ == '__main__':\n    x = 1", id="module dunders"),
        pytest.param("def f(e):\n    return e.__class__.__name__, f.__name__, f.__doc__", id="names of types"),
        pytest.param(
            "def f(x, n):\n    return getattr(x, 'mean')(), getattr(x, 'std', None)", id="getattr of a constant"
        ),
        pytest.param(
            "class A:\n    def f(self, **kw):\n        for k in kw:\n            setattr(self, k, kw[k])",
            id="setattr on self",
        ),
        pytest.param(
            "import numpy as np\nnp.lib.stride_tricks.sliding_window_view\nnp.seterr(all='ignore')\nnp.random.seed(1)",
            id="numpy",
        ),
        pytest.param(
            "import pandas as pd\npd.set_option('display.width', 100)\npd.options.display.width = 100",
            id="display options",
        ),
        pytest.param(
            "import logging\nlogging.basicConfig(level=logging.INFO, format='x')\nlog = logging.getLogger(__name__)",
            id="logging",
        ),
        pytest.param("T = '{a} {b:.2f} {0[0]} {m[rsi]}'\nX = T.format([1], a=1, b=2.0, m={'rsi': 1})", id="format"),
        pytest.param(
            "def f(df):\n    return df.to_dict(), df.to_numpy(), df['a'].to_list(), df.to_json(), df.to_string()",
            id="conversions",
        ),
        pytest.param(
            "def f(df):\n    return df.agg({'a': 'mean', 'b': ['min', 'max']}), df.groupby('x').agg('sum')", id="agg"
        ),
        pytest.param(
            "class M:\n    def f(self):\n        self.hist = self.plot = self.style = 1\n"
            "        return self.hist, self.plot",
            id="attributes called hist and plot",
        ),
        pytest.param("def f(macd):\n    return macd.hist[-1]", id="a MACD histogram"),
        pytest.param(
            "try:\n    import talib\nexcept ImportError:\n    talib = None\n"
            "X = talib is not None and 1\nif not talib:\n    X = 2",
            id="an optional library",
        ),
        pytest.param(
            "import collections.abc, typing\nfrom enum import Enum\n"
            "class A(typing.Protocol): ...\nclass B(str, Enum):\n    X = 'x'",
            id="types",
        ),
        pytest.param(
            "from __future__ import annotations\nfrom dataclasses import dataclass\n"
            "@dataclass\nclass A:\n    x: int = 1",
            id="dataclasses",
        ),
        pytest.param(
            "class F(dict):\n    def __getitem__(self, k):\n        return dict.__getitem__(self, k)",
            id="an operator of a base class",
        ),
        pytest.param("größe = 1\n价格 = 2", id="letters of other alphabets"),
        pytest.param(
            "def f(x):\n    match x:\n        case {'a': a, **rest}: return a, rest\n"
            "        case [first, *others]: return first, others",
            id="patterns",
        ),
    ],
)
def test_honest_code_passes(body: str) -> None:
    assert refusals(body) == []


def test_a_module_cannot_slip_through_another_file() -> None:
    files = {
        "main.py": "import helper\nfrom helper import pd as q\nhelper.np.load('x')\nq.read_csv('x')\nz = helper\n"
        + ENTRY,
        "helper.py": "import numpy as np\nimport pandas as pd\n",
    }
    found = analyse(files, "main.py").findings
    assert [(finding.rule, finding.line) for finding in found] == [("module", 3), ("module", 4), ("module", 5)]


def test_all_files_are_judged_and_findings_come_in_their_order() -> None:
    found = analyse({"main.py": "import os\n" + ENTRY, "a.py": "eval('1')\nopen('x')\n"}, "main.py").findings
    assert [(finding.file, finding.line) for finding in found] == [("a.py", 1), ("a.py", 2), ("main.py", 1)]


def test_findings_are_bounded() -> None:
    assert len(analyse({"main.py": "eval('1')\n" * 500 + ENTRY}, "main.py").findings) == 50
