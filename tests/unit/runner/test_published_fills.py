"""What an evaluation remembers for the next one: which decisions were published, and what they did to the account."""

from datetime import UTC, datetime

from builders import a_bar, a_runner_config
from strategy_contracts.checkpoint import Checkpoint, Fill, decode_checkpoint, encode_checkpoint
from strategy_contracts.runner_config import RepeatPolicy, SignalRules
from strategy_contracts.timeframe import Timeframe, close_time
from strategy_contracts.worker_protocol import Candidate
from strategy_runner.evaluation import Evaluation, Outcome, first_checkpoint
from strategy_runner.signal_factory import SignalFactory
from strategy_runner.windows import Windows

AT = datetime(2026, 1, 1, tzinfo=UTC)
CONFIG = a_runner_config(signals=SignalRules(repeat=RepeatPolicy.ALWAYS, cooldown_seconds=0, max_per_minute=2))


def evaluation(previous: Checkpoint, number: int = 0) -> Evaluation:
    windows = Windows(CONFIG.symbols, Timeframe.M1, 10)
    bar = a_bar(number, close=110.0)
    windows.add("BTCUSDT", bar)
    return Evaluation(CONFIG, previous, windows, close_time(Timeframe.M1, bar.open_time))


def conclude(previous: Checkpoint, *actions: str) -> Outcome:
    candidates = [Candidate(symbol="BTCUSDT", action=action, quantity=0.5) for action in actions]
    factory = SignalFactory(CONFIG, {})
    return evaluation(previous).conclude(candidates, factory, None, generated_at=AT, market_ms=None)


def test_a_fill_names_the_decision_it_came_from() -> None:
    outcome = conclude(first_checkpoint(CONFIG), "HOLD", "BUY", "SELL", "BUY")
    assert outcome.checkpoint.fills == [
        Fill(order=1, symbol="BTCUSDT", quantity="0.5", price="110.0"),
        Fill(order=2, symbol="BTCUSDT", quantity="-0.5", price="110.0"),
    ]
    assert outcome.refused == {"hold": 1, "rate": 1}
    told = evaluation(outcome.checkpoint, 1).account_summary()
    assert told["fills"][1] == {"order": 2, "symbol": "BTCUSDT", "quantity": -0.5, "price": 110.0}
    assert told["day_start_equity"] == 100_000.0


def test_what_manages_orders_gives_no_signal_and_is_counted() -> None:
    outcome = conclude(first_checkpoint(CONFIG), "TRAILING_STOP", "BUY", "modify_target")
    assert [signal.action for signal in outcome.signals] == ["BUY"]
    assert outcome.refused == {"unmapped_action": 2}
    assert [fill.order for fill in outcome.checkpoint.fills] == [1]


def test_a_failed_evaluation_keeps_the_fills_for_the_next_one() -> None:
    checkpoint = conclude(first_checkpoint(CONFIG), "BUY").checkpoint
    assert evaluation(checkpoint, 1).without_signals(None).checkpoint.fills == checkpoint.fills
    assert decode_checkpoint(encode_checkpoint(checkpoint)) == checkpoint
