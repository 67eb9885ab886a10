"""Whatever can be drawn and is admitted also runs: no rule breaks, and a killed worker changes nothing."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from strategy_code.workflow import read_workflow
from strategy_code.workflow.condition_words import CONDITIONS
from strategy_code.workflow.indicator_codes import INDICATOR_OUTPUTS, OF_PRICES
from strategy_contracts.action_words import ACTION_WORDS
from workflow_drawings import a_condition, a_drawing, a_node, a_source, an_action, text_of
from workflow_runs import WorkflowWorker, bars_of

_WORDS = [word for words in CONDITIONS.values() for word in words]
_OUTPUTS = {"marketRegimeDetection": "volatile-output", "sentimentAnalysis": "neutral-output"}
_SMALL = st.integers(2, 9)


@st.composite
def drawings(draw: st.DrawFn) -> dict[str, Any]:
    """Sources, folded sources, chains of indicators, conditions of any word, logic, risk, actions."""
    nodes = [a_source("d0"), a_source("d1", symbol="ETHUSDT"), a_node("m", "multiTimeframeAnalysis", timeframes="5m")]
    wires = ["d0>m"]
    prices, series, signals = ["d0", "d1", "m"], ["d0", "d1", "m"], []
    for number in range(draw(st.integers(1, 4))):
        code = draw(st.sampled_from(sorted(INDICATOR_OUTPUTS)))
        source = draw(st.sampled_from(prices if code in OF_PRICES else series))
        periods = {"fastPeriod": 3, "slowPeriod": 8, "signalPeriod": 3, "kPeriod": 5, "period": draw(_SMALL)}
        nodes.append(a_node(f"i{number}", "technicalIndicator", indicator=code, **periods))
        wires.append(f"{source}>i{number}.data-input")
        output = draw(st.integers(1, len(INDICATOR_OUTPUTS[code])))
        series.append(f"i{number}.output-{output}")
    for number in range(draw(st.integers(1, 4))):
        small = {"lookback": draw(_SMALL), "structureLookback": 12, "volatilityPeriod": 5, "correlationPeriod": 10}
        confirmed = {"confirmationBars": draw(st.integers(0, 2)), "higherTimeframe": "15m", "value": draw(_SMALL)}
        nodes.append(a_condition(f"c{number}", draw(st.sampled_from(_WORDS)), **small, **confirmed))
        ports = draw(st.sampled_from([("data",), ("data", "value"), ("data", "value", "aux")]))
        wires += [f"{draw(st.sampled_from(series))}>c{number}.{port}-input" for port in ports]
        signals.append(f"c{number}")
    kind = draw(st.sampled_from(sorted(_OUTPUTS)))
    nodes += [a_node("s", kind, trendWindow=5, volatilityWindow=4, smoothing=3), a_node("r", "risk", maxLoss=3)]
    wires += [f"{draw(st.sampled_from(series))}>s.data-input", f"{draw(st.sampled_from(series))}>r.data-input"]
    signals += [f"s.{_OUTPUTS[kind]}", "r"]
    nodes.append(a_node("l", "logic", operation=draw(st.sampled_from(["AND", "OR", "XOR"]))))
    wires += [f"{signal}>l.input" for signal in draw(st.lists(st.sampled_from(signals), min_size=2, unique=True))]
    signals.append("l")
    for number in range(draw(st.integers(1, 3))):
        nodes.append(an_action(f"a{number}", draw(st.sampled_from(sorted(ACTION_WORDS))).lower(), stop_loss=1))
        wires.append(f"{draw(st.sampled_from(signals))}>a{number}.signal-input")
    return a_drawing(*nodes, wires=" ".join(wires))


@settings(max_examples=60, deadline=None)
@given(drawings(), st.integers(0, 1000))
def test_what_is_admitted_runs_and_survives_kills(drawing: dict[str, Any], seed: int) -> None:
    if read_workflow(text_of(drawing)).workflow is None:
        return
    dice = random.Random(seed)
    closes = {name: [100.0] for name in ("BTCUSDT", "ETHUSDT")}
    for values in closes.values():
        values += [values[-1] * (1 + dice.choice([0, 0, dice.gauss(0, 0.01)])) for _ in range(40)]
    bars = {name: bars_of(values) for name, values in closes.items()}
    workers = [WorkflowWorker(drawing, symbols=("BTCUSDT", "ETHUSDT")) for _ in range(2)]
    for place in range(41):
        news = {name: [listed[place]] for name, listed in bars.items()}
        answers = [worker.evaluate(news) for worker in workers]
        assert answers[0] == answers[1]
        if place % 7 == 0:
            workers[1].kill()
