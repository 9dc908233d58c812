"""The top of the report: the best model, how sure that is, and what lifts it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from recsys.report.reference import FIGURES
from recsys.report.relations import AbsentError, Relations
from recsys.serving import queries
from recsys.serving.queries import has

TILES = ("ratings", "users", "items", "test users", "candidates", "judged candidates")


def headline(relations: Relations) -> dict[str, Any]:
    """What the page says at its top; ``best`` is None where nothing is judged, and ``verdict`` says why."""
    settings = queries.settings(relations.connection)
    found: dict[str, Any] = {
        "data": PurePath(settings["data"]).name,
        "finished_at": settings["finished_at"].replace("T", " ").replace("+00:00", " UTC"),
        "build_id": settings["build_id"],
        "versions": f"recsys {settings['recsys']}, DuckDB {settings['duckdb']}, Python {settings['python']}",
        "tiles": _tiles(relations),
    }
    try:
        rows = relations.leaderboard()
    except AbsentError as error:
        return {**found, "best": None, "verdict": f"Nothing is judged: {error}."}
    best = _best(relations, rows)
    equals = [row["model"] for row in rows if row["group"] == best["group"] and row is not best]
    return {
        **found,
        "best": best,
        "equals": equals if best["group"] else [],
        "steps": _steps(relations, best["model"]),
        "accuracies": {row["model"]: row["accuracy"] for row in rows},
    }


def _best(relations: Relations, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The leaderboard's row of the model that a submission takes; of the first, where nothing chose one."""
    chosen = queries.best_model(relations.connection)
    named = [row for row in rows if chosen and row["model"] == chosen["model"]]
    return (named or rows)[0]


def _steps(relations: Relations, model: str) -> list[Mapping[str, Any]]:
    """What lifts a model, step by step from the model that it builds on in the end."""
    if not has(relations.connection, "marts.lift"):
        return []
    try:
        lifts = {row["model"]: row for row in relations.rows("marts.lift", "step")}
    except AbsentError:
        return []
    steps: list[Mapping[str, Any]] = []
    while model in lifts and len(steps) < len(lifts):
        steps.insert(0, lifts[model])
        model = lifts[model]["previous_model"]
    return steps


def _tiles(relations: Relations) -> list[tuple[str, str]]:
    """The largest figures of the data, as far as there are any."""
    try:
        values = {row["measure"]: row["value"] for row in relations.rows("marts.data_summary")}
    except AbsentError:
        return []
    return [(name, FIGURES[name].written(values[name])) for name in TILES if values.get(name) is not None]
