"""From a drawing to a plan: a clock for every node, tapes for its outputs, steps in an order in which all is there.

A node runs on the clock of what is wired into it. Where two clocks meet it runs on the clock of the data source they
both come from, else on that of the primary one, and sees of the other what has closed by then.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from strategy_code.workflow import Node, NodeKind, Workflow, used_sources
from strategy_code.workflow.condition_words import canonical_condition
from strategy_code.workflow.indicator_codes import canonical_code, outputs_of
from strategy_contracts.timeframe import Timeframe
from strategy_sandbox.errors import StrategyBreaksContract
from strategy_sandbox.workflow.conditions import CONFIRMS_ITSELF, RULES, Site
from strategy_sandbox.workflow.indicators import IndicatorError, open_indicator
from strategy_sandbox.workflow.market_analysis import CorrelationStep, RegimeStep, SentimentStep, calm_enough
from strategy_sandbox.workflow.steps import ConditionStep, Fold, Hold, IndicatorStep, LogicStep, RuleStep, Step
from strategy_sandbox.workflow.streams import BarStream, Folding
from strategy_sandbox.workflow.tapes import Tape, View, constant


@dataclass(frozen=True)
class Output:
    """What an output port gives: a tape on a clock; of prices the tape of closes, and the bars."""

    tape: Tape
    clock: str
    bars: BarStream | None = None
    code: str | None = None
    """The indicator that it comes from."""


@dataclass(frozen=True)
class ActionPoint:
    """Where a signal becomes a decision: about the symbol of a data source, at its price."""

    node: Node
    source: str
    signal: Tape
    risk: Tape | None
    close: Tape


@dataclass
class Plan:
    """The compiled drawing. Everything it remembers is in its streams, tapes and steps."""

    streams: dict[str, BarStream] = field(default_factory=dict)
    """By clock: data sources by node id, and folded bars."""
    steps: list[Step] = field(default_factory=list)
    tapes: list[Tape] = field(default_factory=list)
    actions: list[ActionPoint] = field(default_factory=list)


def compile_plan(workflow: Workflow, timeframes: Mapping[str, Timeframe]) -> Plan:
    """`timeframes` of the data sources by node id. Raises StrategyBreaksContract for what cannot be interpreted."""
    return _Compiler(workflow, timeframes).compile()


class _Compiler:
    def __init__(self, workflow: Workflow, timeframes: Mapping[str, Timeframe]) -> None:
        self._workflow = workflow
        self._plan = Plan()
        self._outputs: dict[tuple[str, str], Output] = {}
        self._timeframes = dict(timeframes)
        self._roots = {source: source for source in timeframes}
        self._primary = used_sources(workflow)[0].id
        self._holds: dict[tuple[int, str], Tape] = {}
        self._folds: dict[tuple[str, Timeframe], str] = {}

    def compile(self) -> Plan:
        workflow = self._workflow
        used: set[str] = set()
        for action in workflow.of_kind(NodeKind.ACTION):
            used |= {action.id} | workflow.upstream(action.id)
        for source in used_sources(workflow):
            self._source(source)
        for node in workflow.in_order():
            if node.id in used and node.kind is not NodeKind.DATA_SOURCE:
                self._node(node)
        # Decisions of one bar come in the order in which the actions are stored.
        places = {node.id: place for place, node in enumerate(workflow.nodes)}
        self._plan.actions.sort(key=lambda point: places[point.node.id])
        return self._plan

    # --- nodes -----------------------------------------------------------------------------------

    def _source(self, node: Node) -> None:
        stream = self._stream(node.id)
        self._outputs[node.id, "data-output"] = Output(stream.tapes["close"], node.id, stream)

    def _node(self, node: Node) -> None:
        inputs = {
            port: self._outputs[wire.source, wire.output] for port, wire in self._workflow.inputs(node.id).items()
        }
        match node.kind:
            case NodeKind.INDICATOR:
                self._indicator(node, inputs["data-input"])
            case NodeKind.CONDITION:
                self._condition(node, inputs)
            case NodeKind.LOGIC:
                self._logic(node, inputs)
            case NodeKind.RISK:
                self._risk(node, inputs)
            case NodeKind.ACTION:
                self._action(node, inputs)
            case NodeKind.TIMEFRAMES:
                self._timeframes_node(node, inputs["data-input"])
            case NodeKind.REGIME | NodeKind.SENTIMENT:
                self._flags(node, inputs["data-input"])
            case NodeKind.CORRELATION:
                clock = self._clock(inputs)
                tapes = [self._held(inputs[port], clock) for port in ("data-input-1", "data-input-2")]
                output = self._give(node, "output", clock)
                self._plan.steps.append(CorrelationStep(clock, node.parameters, tapes, output))
            case _:
                raise StrategyBreaksContract(f"{node} cannot be interpreted")

    def _indicator(self, node: Node, data: Output) -> None:
        code = canonical_code(str(node.parameters["indicator"]))
        assert code is not None
        parameters = {name: value for name, value in node.parameters.items() if name not in ("indicator", "source")}
        source = str(node.parameters.get("source", "close"))
        for name, tape in self._open(node, code, parameters, data, source).items():
            self._outputs[node.id, name] = Output(tape, data.clock, code=code)

    def _open(
        self, node: Node, code: str, parameters: Mapping[str, Any], data: Output, source: str = "close"
    ) -> dict[str, Tape]:
        try:
            indicator = open_indicator(code, _own_names(code, parameters))
        except IndicatorError as error:
            raise StrategyBreaksContract(f"{node}: {error}") from None
        tapes = {name: self._tape() for name in outputs_of(code)}
        bars = data.bars if data.bars is not None else self._plan.streams[data.clock]
        value: str | Tape = source if data.bars is not None else data.tape
        self._plan.steps.append(IndicatorStep(data.clock, indicator, bars, value, list(tapes.values())))
        return tapes

    def _condition(self, node: Node, inputs: Mapping[str, Output]) -> None:
        clock = self._clock(inputs)
        word = canonical_condition(str(node.parameters["condition"]))
        assert word is not None
        rule = RULES[word](self._site(node, inputs, clock))
        confirmation = 0 if word in CONFIRMS_ITSELF else int(node.parameters.get("confirmationBars", 0))
        self._plan.steps.append(ConditionStep(clock, rule, confirmation, self._give(node, "signal-output", clock)))

    def _site(self, node: Node, inputs: Mapping[str, Output], clock: str) -> Site:
        data = inputs["data-input"]
        bars = data.bars if data.bars is not None else self._plan.streams[data.clock]

        def of(port: str) -> Callable[[int], View]:
            return self._held(inputs[port], clock).view

        def column(name: str, count: int) -> View:
            return self._held(Output(bars.tapes[name], data.clock), clock).view(count)

        def indicator(code: str, parameters: Mapping[str, Any], output: str, count: int) -> View:
            tapes = self._open(node, code, parameters, data)
            return self._held(Output(tapes[output], data.clock), clock).view(count)

        def folded(timeframe: str, name: str, count: int) -> View:
            ticks = self._fold(node, data.clock, bars, Timeframe(timeframe))
            # Past bars of the higher timeframe are meant, not what was seen of them at past bars of this one.
            return self._plan.streams[ticks].tapes[name].view(count)

        wired = "value-input" in inputs
        return Site(
            data=of("data-input"),
            level=of("value-input") if wired else constant(float(node.parameters.get("value", 0.0))),
            aux=of("aux-input") if "aux-input" in inputs else None,
            column=column,
            indicator=indicator,
            folded=folded,
            parameters=node.parameters,
            data_code=data.code,
            level_is_wired=wired,
        )

    def _logic(self, node: Node, inputs: Mapping[str, Output]) -> None:
        clock = self._clock(inputs)
        tapes = [self._held(inputs[port], clock) for port in sorted(inputs)]
        operation = str(node.parameters.get("operation", "and"))
        self._plan.steps.append(LogicStep(clock, operation, tapes, self._give(node, "output", clock)))

    def _risk(self, node: Node, inputs: Mapping[str, Output]) -> None:
        clock = self._clock(inputs)
        data = inputs["data-input"]
        bars = data.bars if data.bars is not None else self._plan.streams[data.clock]
        close = self._held(Output(bars.tapes["close"], data.clock), clock)
        signal = self._held(inputs["signal-input"], clock) if "signal-input" in inputs else None
        output = self._give(node, "risk-output", clock)
        self._plan.steps.append(RuleStep(clock, calm_enough(node.parameters, close), signal, output))

    def _action(self, node: Node, inputs: Mapping[str, Output]) -> None:
        source = self._workflow.nearest_source(node.id)
        assert source is not None
        risk = inputs.get("risk-input")
        self._plan.actions.append(
            ActionPoint(
                node=node,
                source=source.id,
                signal=inputs["signal-input"].tape,
                risk=None if risk is None else risk.tape,
                close=self._plan.streams[source.id].tapes["close"],
            )
        )

    def _timeframes_node(self, node: Node, data: Output) -> None:
        assert data.bars is not None
        names = node.parameters.get("timeframes") or node.parameters.get("higherTimeframes") or ["1d"]
        ticks = self._fold(node, data.clock, data.bars, Timeframe(names[-1]))
        stream = self._plan.streams[ticks]
        self._outputs[node.id, "output"] = Output(stream.tapes["close"], ticks, stream)

    def _flags(self, node: Node, data: Output) -> None:
        names = (
            ("trend", "sideways", "volatile") if node.kind is NodeKind.REGIME else ("positive", "neutral", "negative")
        )
        outputs = {f"{name}-output": self._give(node, f"{name}-output", data.clock) for name in names}
        if node.kind is NodeKind.REGIME:
            self._plan.steps.append(RegimeStep(data.clock, node.parameters, data.tape, outputs))
        else:
            of_prices = data.bars is not None
            self._plan.steps.append(SentimentStep(data.clock, node.parameters, data.tape, outputs, of_prices=of_prices))

    # --- clocks and tapes ------------------------------------------------------------------------

    def _clock(self, inputs: Mapping[str, Output]) -> str:
        clocks = {output.clock for output in inputs.values()}
        if len(clocks) == 1:
            return clocks.pop()
        roots = {self._roots[clock] for clock in clocks}
        return roots.pop() if len(roots) == 1 else self._primary

    def _held(self, output: Output, clock: str) -> Tape:
        if output.clock == clock:
            return output.tape
        key = (id(output.tape), clock)
        if key not in self._holds:
            self._holds[key] = self._tape()
            self._plan.steps.append(Hold(clock, output.tape, self._holds[key]))
        return self._holds[key]

    def _fold(self, node: Node, clock: str, bars: BarStream, timeframe: Timeframe) -> str:
        base = self._timeframes[clock]
        if timeframe.length_ms < base.length_ms or (base, timeframe) == (Timeframe.W1, Timeframe.MN1):
            raise StrategyBreaksContract(f"{node}: bars of {base} cannot be folded to {timeframe}")
        if (clock, timeframe) not in self._folds:
            ticks = f"{clock}@{timeframe}"
            self._folds[clock, timeframe] = ticks
            self._timeframes[ticks], self._roots[ticks] = timeframe, self._roots[clock]
            self._plan.steps.append(Fold(clock, bars, Folding(base, timeframe), self._stream(ticks), ticks))
        return self._folds[clock, timeframe]

    def _stream(self, clock: str) -> BarStream:
        stream = self._plan.streams[clock] = BarStream()
        self._plan.tapes += stream.tapes.values()
        return stream

    def _tape(self) -> Tape:
        tape = Tape()
        self._plan.tapes.append(tape)
        return tape

    def _give(self, node: Node, port: str, clock: str) -> Tape:
        tape = self._tape()
        self._outputs[node.id, port] = Output(tape, clock)
        return tape


def _own_names(code: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What templates call the period of a stochastic is its %K period."""
    if code == "STOCH" and "period" in parameters and "kPeriod" not in parameters:
        return {**parameters, "kPeriod": parameters["period"]}
    return dict(parameters)
