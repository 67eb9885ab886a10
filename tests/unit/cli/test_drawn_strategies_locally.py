"""Drawings on the command line: as a file of their own, or in a manifest; with the market they name."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from strategyctl.check import judge
from strategyctl.errors import UnusableInput
from strategyctl.local_config import local_config, market_of
from strategyctl.strategy_files import StrategyFiles, read_strategy, with_node_parameters
from workflow_drawings import a_condition, a_dip, a_drawing, a_source, an_action

DIGEST = "sha256:" + "ab" * 32


def written(folder: Path, drawing: Any, name: str = "dip.json") -> StrategyFiles:
    path = folder / name
    path.write_text(json.dumps(drawing))
    return read_strategy(path)


def options(**given: Any) -> argparse.Namespace:
    return argparse.Namespace(**({"symbols": None, "timeframe": None, "lookback": None} | given))


def test_a_json_file_with_nodes_is_a_drawing(tmp_path: Path) -> None:
    strategy = written(tmp_path, a_dip())
    assert (strategy.name, strategy.main_file) == ("dip", "workflow.json")
    assert judge(strategy).admitted


def test_a_drawing_in_a_manifest_is_read_with_its_spec(tmp_path: Path) -> None:
    spec = {"source": {"inline": {"workflow": a_dip()}}, "parameters": {"RSI.period": 7, "quantity": 2}}
    manifest = {
        "apiVersion": "trading.alphintra.io/v1alpha1",
        "kind": "TradingStrategy",
        "metadata": {"name": "drawn"},
        "spec": spec,
    }
    strategy = written(tmp_path, manifest, "manifest.json")
    found, rest = with_node_parameters(strategy, strategy.spec["parameters"])
    assert (strategy.name, rest) == ("drawn", {"quantity": 2})
    assert '"period": 7' in found.files["workflow.json"]


def test_the_market_is_the_drawings_own(tmp_path: Path) -> None:
    strategy = written(tmp_path, a_dip())
    config = local_config(options(), strategy, DIGEST, market_of(options(), strategy))
    assert (config.symbols, config.timeframe) == (("BTCUSDT",), "1m")


def test_options_win_over_the_drawing(tmp_path: Path) -> None:
    strategy, given = written(tmp_path, a_dip()), options(symbols=("ETHUSDT", "XRPUSDT"), timeframe="5m")
    config = local_config(given, strategy, DIGEST, market_of(given, strategy))
    assert (config.symbols, config.timeframe) == (("ETHUSDT", "XRPUSDT"), "5m")


def test_stocks_may_come_from_a_file(tmp_path: Path) -> None:
    drawing = a_drawing(a_source(symbol="AAPL", assetClass="stocks"), a_condition(), an_action(), wires="d>c c>a")
    assert [item.symbol for item in market_of(options(), written(tmp_path, drawing))] == ["AAPL"]


def test_bars_of_a_second_timeframe_are_not_in_the_files(tmp_path: Path) -> None:
    drawing = a_drawing(
        a_source("d1"),
        a_source("d2", timeframe="1h"),
        a_condition(),
        an_action(),
        wires="d1>c.data-input d2>c.value-input c>a",
    )
    with pytest.raises(UnusableInput, match=r'"d2" .dataSource d2. needs bars of 1h'):
        market_of(options(), written(tmp_path, drawing))


@pytest.mark.parametrize(
    ("drawing", "sentence"),
    [({"nodes": []}, "has no node"), ({"nodes": 3}, "nodes must be a list")],
    ids=["no node", "no list"],
)
def test_what_is_no_drawing_is_told(tmp_path: Path, drawing: Any, sentence: str) -> None:
    with pytest.raises(UnusableInput, match=sentence):
        written(tmp_path, drawing)
