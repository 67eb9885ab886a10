"""The platform's shapes, told apart by method set and arity; what cannot run live is refused with the way out."""

import msgspec
import pytest

from strategy_code.analysis import analyse
from strategy_code.verdict import Verdict
from strategy_contracts.bundle import EntryPoint, Shape

PIPELINE = """
def load_data(): ...
def compute_indicators(df): return df
def evaluate_conditions(df): return df
def combine_logic(df): return df
def apply_risk_controls(df): return df
def generate_trading_decisions(df): return df
def run_strategy(): ...
"""
SDK = "from app.sdk import BaseStrategy\nclass Mine(BaseStrategy):\n def initialize(self): ...\n"
DOCUMENTED = "from alphintra import BaseStrategy\nclass Mine(BaseStrategy):\n"
FITTING = "class Pipeline:\n def fit(self, x): ...\nclass Job:\n def __init__(self, config): ...\n def run(self): ...\n"


def verdict(main: str, **files: str) -> Verdict:
    return analyse({"main.py": main, **{f"{name}.py": text for name, text in files.items()}}, "main.py")


def entry(shape: Shape, name: str, method: str | None, arity: int, *constructor: str) -> EntryPoint:
    return EntryPoint(
        shape=shape, file="main.py", name=name, method=method, arity=arity, constructor=tuple(constructor)
    )


@pytest.mark.parametrize(
    ("source", "expected", "called"),
    [
        pytest.param(
            PIPELINE,
            entry(Shape.PIPELINE, "generate_trading_decisions", None, 1),
            "generate_trading_decisions(df)",
            id="A, the no-code module",
        ),
        pytest.param(
            "class Strategy_7:\n def __init__(self, parameters=None): ...\n"
            " def execute(self, data): ...\n def backtest(self, data): ...",
            entry(Shape.EXECUTE, "Strategy_7", "execute", 1, "parameters"),
            "Strategy_7.execute(df)",
            id="D",
        ),
        pytest.param(
            "class TradingStrategy:\n def execute(self, data): return {'signals': []}",
            entry(Shape.EXECUTE, "TradingStrategy", "execute", 1),
            "TradingStrategy.execute(df)",
            id="J",
        ),
        pytest.param(
            "class Strategy:\n def __init__(self, config): ...\n def calculate_indicators(self, df): ...\n"
            " def evaluate_conditions(self, df): ...\n def run(self): ...",
            entry(Shape.CONDITIONS, "Strategy", "evaluate_conditions", 1, "config"),
            "Strategy.evaluate_conditions(df)",
            id="F, without its endless run",
        ),
        pytest.param(SDK + " def on_bar(self): ...", entry(Shape.ON_BAR, "Mine", "on_bar", 0), "Mine.on_bar()", id="G"),
        pytest.param(
            "from app.sdk.strategy import BaseStrategy as Root\nclass Mine(Root):\n def on_bar(self): ...",
            entry(Shape.ON_BAR, "Mine", "on_bar", 0),
            "Mine.on_bar()",
            id="G, from a submodule",
        ),
        pytest.param(
            "class Mine(BaseStrategy):\n def on_bar(self): ...",
            entry(Shape.ON_BAR, "Mine", "on_bar", 0),
            "Mine.on_bar()",
            id="G, the base class injected",
        ),
        pytest.param(
            "import alphintra\nclass Mine(alphintra.BaseStrategy):\n def on_bar(self, context): ...",
            entry(Shape.ON_BAR_CONTEXT, "Mine", "on_bar", 1),
            "Mine.on_bar(context)",
            id="H",
        ),
        pytest.param(
            "from app.sdk import BaseStrategy\nclass TradingStrategy(BaseStrategy):\n def on_data(self, data): ...",
            entry(Shape.ON_DATA, "TradingStrategy", "on_data", 1),
            "TradingStrategy.on_data(df)",
            id="I1, a BaseStrategy without on_bar",
        ),
        pytest.param(
            "class Strategy:\n def initialize(self): ...\n def on_data(self, data): ...",
            entry(Shape.ON_DATA, "Strategy", "on_data", 1),
            "Strategy.on_data(df)",
            id="I3",
        ),
        pytest.param(
            "class MyFlow:\n def __init__(self, config={}): ...\n def setup(self): ...\n def on_data(self, data): ...\n"
            " def get_signals(self): ...\n def backtest(self, data): ...",
            entry(Shape.ON_DATA, "MyFlow", "on_data", 1, "config"),
            "MyFlow.on_data(df)",
            id="O1",
        ),
        pytest.param(
            "class WorkflowStrategy:\n def __init__(self, config=None): ...\n"
            " def execute_strategy(self, data, current_portfolio=None): ...\n"
            "def create_strategy_instance(config): return WorkflowStrategy(config)",
            entry(Shape.EXECUTE_STRATEGY, "WorkflowStrategy", "execute_strategy", 2, "config"),
            "WorkflowStrategy.execute_strategy(df, portfolio)",
            id="K",
        ),
        pytest.param(
            "class StrategyConfig: pass\nclass Advanced(StrategyConfig):\n def execute_strategy(self, df): ...",
            entry(Shape.EXECUTE_STRATEGY, "Advanced", "execute_strategy", 1),
            "Advanced.execute_strategy(df)",
            id="O2",
        ),
        pytest.param(
            "for i in range(1, len(data)):\n trades.append({'timestamp': data.index[i], 'action': 'BUY'})",
            entry(Shape.SCRIPT, "trades", None, 0),
            "main.py with data, trades",
            id="L",
        ),
        pytest.param(
            "class Base: pass\nclass Mine(Base):\n def __init__(self, strategy_id, config): ...\n"
            " async def generate_signal(self, market_data): ...",
            entry(Shape.MARKET_DATA, "Mine", "generate_signal", 1, "strategy_id", "config"),
            "Mine.generate_signal(market_data)",
            id="M",
        ),
        pytest.param(
            "class AlpacaModel:\n def __init__(self, api_key, api_secret, base_url='x'): ...\n"
            " def generate_signals(self, df): ...",
            entry(Shape.FRAME_MODEL, "AlpacaModel", "generate_signals", 1, "api_key", "api_secret"),
            "AlpacaModel.generate_signals(df)",
            id="O4",
        ),
        pytest.param(
            SDK + " def on_bar(self): ...\n def execute(self, order): ...\n"
            "class Helper:\n def execute(self, order): ...",
            entry(Shape.ON_BAR, "Mine", "on_bar", 0),
            "Mine.on_bar()",
            id="what only one shape has decides before what helpers have too",
        ),
    ],
)
def test_a_shape_is_recognised(source: str, expected: EntryPoint, called: str) -> None:
    found = verdict(source)
    assert found.entry_point == expected, found.findings
    assert found.entry_point.describe() == called


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        pytest.param(
            "class P:\n def load_data(self): ...\n def generate_signals(self): ...\n"
            " def prepare_training_data(self): ...\n def train_model(self): ...",
            1,
            "prepares data and trains a model: it is not a live strategy; if it was made from a drawn workflow",
            id="B1",
        ),
        pytest.param(
            "\nclass P:\n def load_data(self): ...\n def generate_signals(self): ...\n"
            " def execute_trades(self): ...\n def run_backtest(self): ...",
            2,
            "runs a whole backtest",
            id="B2",
        ),
        pytest.param(
            "class P:\n def load_live_data(self): ...\n def start_trading(self): ...", 1, "starts threads", id="B3"
        ),
        pytest.param("class P:\n def load_data(self): ...\n def run_analysis(self): ...", 1, "is research", id="B4"),
        pytest.param(
            "\ndef execute_strategy(symbol, timeframe, start_date, end_date, initial_capital=10000): ...",
            2,
            "is a whole backtest that loads its own data",
            id="C",
        ),
        pytest.param(FITTING, 3, "`Job.run()` trains a model", id="E"),
        pytest.param(
            "class Mine:\n def on_bar(self): ...", 1, "derives from no BaseStrategy", id="on_bar without the SDK"
        ),
        pytest.param(SDK + " def on_bar(self, context): ...", 2, "cannot be called with no argument", id="G with H"),
        pytest.param(DOCUMENTED + " def on_bar(self): ...", 2, "cannot be called with (context)", id="H with G"),
        pytest.param("class A:\n def on_data(self, symbol, df): ...", 1, "cannot be called with (df)", id="two given"),
        pytest.param("class A:\n async def on_data(self, df): ...", 1, "must not be async", id="async on_data"),
        pytest.param(
            PIPELINE + "def combine_logic(df, more): ...\n", 9, "must be one function", id="A with a step twice"
        ),
        pytest.param(
            "def compute_indicators(df): ...\ndef generate_trading_decisions(df, x): ...",
            2,
            "must be a function of one frame",
            id="A with a step of two arguments",
        ),
        pytest.param(
            "class A:\n def execute(self, df): ...\nclass B:\n def execute(self, df): ...",
            3,
            "several classes could be the strategy: A (line 1), B (line 3)",
            id="two of one shape",
        ),
        pytest.param(
            "class A:\n def __init__(self, exchange): ...\n def on_data(self, df): ...",
            1,
            "needs constructor arguments (exchange)",
            id="a constructor that needs more than parameters",
        ),
    ],
)
def test_what_cannot_run_live_is_refused_with_the_reason(source: str, line: int, words: str) -> None:
    refused = verdict(source)
    assert refused.entry_point is None
    (finding,) = refused.findings
    assert (finding.rule, finding.line) == ("entry-point", line), finding
    assert words in finding.message


def test_a_class_of_the_main_file_is_preferred_to_an_imported_one() -> None:
    other = "class Other:\n def on_data(self, df): ..."
    own = "from other import Other\nclass Own:\n def on_data(self, df): ..."
    assert verdict(own, other=other).entry_point == entry(Shape.ON_DATA, "Own", "on_data", 1)
    imported = "from other import Other as Imported\n"
    assert verdict(imported, other=other).entry_point == entry(Shape.ON_DATA, "Imported", "on_data", 1)


def test_the_sdk_is_known_through_a_base_class_in_another_file() -> None:
    base = "from alphintra import BaseStrategy\nclass Shared(BaseStrategy): pass"
    source = "from base import Shared\nclass Mine(Shared):\n def on_bar(self, context): ..."
    assert verdict(source, base=base).entry_point == entry(Shape.ON_BAR_CONTEXT, "Mine", "on_bar", 1)


@pytest.mark.parametrize(
    "statement",
    [
        f"from app.sdk{part} import {name}"
        for part, name in (
            ("", "BaseStrategy, OrderType, sma"),
            (".strategy", "BaseStrategy, StrategyContext"),
            (".data", "MarketData"),
            (".orders", "OrderManager, OrderStatus"),
            (".portfolio", "Portfolio, Position"),
            (".risk", "RiskManager"),
            (".indicators", "TechnicalIndicators"),
            (".backtest", "BacktestRunner"),
        )
    ]
    + [
        "from alphintra import BaseStrategy, BacktestRunner",
        "from alphintra.indicators import SMA, EMA",
        "from alphintra.indicators.base import BaseIndicator",
        "import app.sdk",
    ],
)
def test_the_sdks_may_be_imported(statement: str) -> None:
    found = verdict(f"{statement}\ndef generate_signals(data, parameters): ...")
    assert found.admitted, found.findings


def test_an_authors_own_app_folder_is_the_authors() -> None:
    files = {"main.py": "from app.rules import generate_signals\n", "app/rules.py": "def generate_signals(d): ..."}
    assert analyse(files, "main.py").admitted


def test_an_entry_point_of_an_older_bundle_is_read() -> None:
    stored = b'{"shape":"N2","file":"main.py","name":"S","method":"generate_signals","arity":2}'
    older = msgspec.json.decode(stored, type=EntryPoint)
    assert older == entry(Shape.CLASS, "S", "generate_signals", 2) and older.constructor == ()
