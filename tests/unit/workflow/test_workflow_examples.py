"""The manifest of a drawn example is what the API server admits, and says what the drawing beside it says."""

import json
import math
from pathlib import Path

import yaml

from strategy_contracts.resource import TradingStrategy
from workflow_runs import WorkflowWorker, bars_of

FOLDER = Path(__file__).parents[3] / "examples" / "workflows"


def test_a_drawing_in_a_manifest_says_what_the_console_saved() -> None:
    resource = TradingStrategy.model_validate(yaml.safe_load((FOLDER / "rsi-dip.yaml").read_text()))
    inline = resource.spec.source.inline
    assert inline is not None
    assert inline.workflow is not None
    assert (resource.spec.symbols, resource.spec.timeframe) == (None, None)
    bars = bars_of([100 + 10 * math.sin(place / 9) for place in range(120)])
    drawn = WorkflowWorker(json.loads((FOLDER / "rsi-dip.json").read_text())).signals(bars)
    assert drawn
    assert WorkflowWorker(inline.workflow).signals(bars) == drawn
