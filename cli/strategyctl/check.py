"""`strategyctl check`: the operator's own verdict on a strategy, before it goes anywhere."""

import argparse
from dataclasses import replace
from pathlib import Path

import msgspec

from strategy_code.analysis import analyse
from strategy_code.verdict import Severity, Verdict
from strategy_contracts.timeframe import Timeframe
from strategyctl.errors import UnusableInput
from strategyctl.strategy_files import StrategyFiles, read_strategy, with_node_parameters


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("strategy", type=Path, metavar="FILE|DIR|MANIFEST")
    parser.add_argument("--bars", type=Path, metavar="FILE.csv", help="also look for decisions that use later bars")
    parser.add_argument("--symbol", help="of the bars (with --bars)")
    parser.add_argument("--timeframe", choices=tuple(Timeframe), default="1m", help="of the bars (default 1m)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="text (default) or json")


def run(options: argparse.Namespace) -> int:
    """0 when the strategy would be admitted, 1 when it would be refused."""
    strategy = read_strategy(options.strategy)
    strategy, _ = with_node_parameters(strategy, strategy.spec.get("parameters") or {})
    verdict = judge(strategy)
    if options.bars is not None and verdict.entry_point is not None:
        verdict = with_look_ahead(verdict, strategy, options)
    print(as_json(verdict) if options.format == "json" else as_text(strategy, verdict))
    return 0 if verdict.admitted else 1


def with_look_ahead(verdict: Verdict, strategy: StrategyFiles, options: argparse.Namespace) -> Verdict:
    """The verdict after the strategy has been asked about every bar twice. Raises CommandError."""
    # The runner and its libraries are needed for this alone.
    from strategyctl.look_ahead import find_look_ahead  # noqa: PLC0415

    if options.symbol is None:
        raise UnusableInput("--symbol: say whose bars these are, for example --symbol BTCUSDT")
    assert verdict.entry_point is not None
    findings = find_look_ahead(
        strategy, verdict.entry_point, options.bars, options.symbol, Timeframe(options.timeframe)
    )
    if not findings:
        return verdict
    looks_ahead = any(finding.severity is Severity.ERROR for finding in findings)
    return replace(verdict, admitted=not looks_ahead, findings=(*verdict.findings, *findings))


def judge(strategy: StrategyFiles) -> Verdict:
    """What the operator would say."""
    return analyse(strategy.files, strategy.main_file)


def as_json(verdict: Verdict) -> str:
    """One object: admitted, entryPoint, shape, findings."""
    entry_point = verdict.entry_point
    return msgspec.json.encode(
        {
            "admitted": verdict.admitted,
            "entryPoint": entry_point.describe() if entry_point else None,
            "shape": entry_point.shape.value if entry_point else None,
            "findings": [
                {
                    "rule": finding.rule,
                    "severity": finding.severity.value,
                    "message": finding.message,
                    "file": finding.file,
                    "line": finding.line,
                    "column": finding.column,
                }
                for finding in verdict.findings
            ],
        }
    ).decode()


def as_text(strategy: StrategyFiles, verdict: Verdict) -> str:
    """Findings in the form compilers use, then the verdict."""
    lines = [f"{finding.severity}: {finding}" for finding in verdict.findings]
    if verdict.entry_point is not None:
        said = "admitted" if verdict.admitted else "looks ahead"
        lines.append(f"{strategy.name}: {said}, called as {verdict.entry_point.describe()}")
    else:
        lines.append(f"{strategy.name}: refused")
    return "\n".join(lines)
