"""Strategies and runs in the platform's words: items of lists, details, the status object. Pure.

Both spellings that clients of the platform use are there: `id` and `strategy_id`.
"""

import json
from typing import Any

from strategy_api.strategy_catalogue import Entry
from strategy_api.strategy_runs import Run
from strategy_contracts.resource import LastError
from strategy_contracts.signal import StrategySource
from strategy_contracts.status_report import RunError
from strategy_sources.files import main_file_by_name


def success(message: str, fields: dict[str, Any]) -> dict[str, Any]:
    """An answer to start or stop."""
    # One of the platform's clients takes every object with `success` for an envelope and reads only its `data`.
    return {"message": message, "success": True, **fields, "data": fields}


def item_of(entry: Entry) -> dict[str, Any]:
    """A strategy in a list."""
    stored, run = entry.described, entry.run
    if stored is None:
        assert run is not None
        return _item_of_run(run)
    item: dict[str, Any] = {
        "strategy_id": stored.strategy_id,
        "id": stored.strategy_id,
        "source": stored.source,
        "name": stored.name,
        "description": stored.description,
        "status": entry.state,
        "created_at": stored.created_at,
        "updated_at": stored.updated_at,
        "tags": stored.tags,
        "stored_status": stored.stored_status,
        "version": stored.version,
        "execution_id": run.resource.execution_id if run is not None else None,
    }
    if stored.source is StrategySource.NO_CODE:
        item |= {"category": stored.category, "compilation_status": stored.compilation_status, "public": stored.public}
    else:
        item["performance"] = {**stored.performance, "total_trades": None}
    return item


def details_of(entry: Entry) -> dict[str, Any]:
    """A strategy by itself: with its files where the caller owns it."""
    files, parameters = _content(entry)
    main_file = main_file_by_name(files)
    details = {
        **item_of(entry),
        "files": {name: _file(name, content) for name, content in files.items()},
        "code": files[main_file] if main_file is not None else None,
        "parameters": parameters,
    }
    if entry.stored is not None:
        refusal = entry.stored.refusal
        details["problem"] = refusal.message if refusal is not None else None
    if entry.run is not None:
        details |= _details_of_run(entry.run)
    return details


def status_of(run: Run) -> dict[str, Any]:
    """The platform's status object; counters are the runner's own, since its last start."""
    status, report = run.resource.status, run.report
    error = report.last_error if report is not None and report.last_error is not None else status.last_error
    return {
        "execution_id": run.resource.execution_id,
        "strategy_id": run.strategy_id,
        "status": run.status,
        "started_at": status.runner.started_at if status.runner is not None else None,
        "last_execution": report.last_evaluation if report is not None else None,
        "signals_generated": report.counters.signals if report is not None else 0,
        "error_count": report.counters.faults if report is not None else 0,
        "last_error": _sentence(error) if error is not None else None,
        "phase": report.phase if report is not None else status.phase,
    }


def _item_of_run(run: Run) -> dict[str, Any]:
    bundle = run.resource.status.bundle
    return {
        "strategy_id": run.strategy_id,
        "id": run.strategy_id,
        "source": run.source,
        "name": run.name,
        "description": "",
        "status": run.status,
        "created_at": run.created_at,
        "updated_at": run.created_at,
        "tags": [],
        "stored_status": None,
        "version": bundle.digest if bundle is not None else None,
        "execution_id": run.resource.execution_id,
    }


def _details_of_run(run: Run) -> dict[str, Any]:
    spec, status = run.resource.spec, run.resource.status
    return {
        "symbols": spec.symbols or status.symbols or (),
        "timeframe": spec.timeframe or status.timeframe,
        "execution_mode": spec.execution_mode,
    }


def _content(entry: Entry) -> tuple[dict[str, str], dict[str, Any]]:
    """Files and parameters, as stored; of a run those that its resource holds."""
    given = dict(entry.run.resource.spec.parameters or {}) if entry.run is not None else {}
    if entry.stored is not None:
        files = dict(entry.stored.files)
        if entry.stored.drawing is not None:
            files["workflow.json"] = json.dumps(entry.stored.drawing)
        return files, {**entry.stored.parameters, **given}
    inline = entry.run.resource.spec.source.inline if entry.run is not None else None
    if inline is None:
        return {}, given
    return dict(inline.files or {}), given


def _file(name: str, content: str) -> dict[str, str]:
    return {"filename": name, "content": content, "file_type": name.rpartition(".")[2]}


def _sentence(error: RunError | LastError) -> str:
    """Kind, place and message: the platform's object has one text for all of it."""
    place = ":".join(str(part) for part in (error.file, error.line) if part is not None)
    return ": ".join(filter(None, (error.reason, place, error.message)))
