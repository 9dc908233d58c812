"""Top of the report: the best model, its interval, and what each step adds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from recsys.report.reference import FIGURES, label
from recsys.report.relations import AbsentError, Relations
from recsys.serving.best_model import best_model
from recsys.serving.relations import has, settings

FLOOR = "popularity"  # the list model that all others should beat
TILES_OF_LISTS = ("ratings", "users", "tracks")
TILES = ("ratings", "users", "items", "test users", "candidates", "judged candidates")


def headline(relations: Relations) -> dict[str, Any]:
    """Return the content of the page's top; ``best`` is None, with a ``verdict``, without known answers."""
    recorded = settings(relations.connection)
    found: dict[str, Any] = {
        "data": PurePath(recorded["data"]).name,
        "date": recorded["finished_at"][:10],
        "noun": relations.noun(),
        "lists": _lists(relations),
        "is_of_lists": relations.is_of_lists(),
        "finished_at": recorded["finished_at"].replace("T", " ").replace("+00:00", " UTC"),
        "build_id": recorded["build_id"],
        "versions": f"recsys {recorded['recsys']}, DuckDB {recorded['duckdb']}, Python {recorded['python']}",
        "tiles": _tiles(relations),
    }
    try:
        rows = relations.leaderboard()
    except AbsentError as error:
        return {**found, "best": None, "verdict": f"No model was evaluated: {error}."}
    best = _best(relations, rows)
    equals = [row["model"] for row in rows if row["group"] == best["group"] and row is not best]
    return {
        **found,
        "best": best,
        "equals": equals if best["group"] else [],
        "steps": _steps(relations, best["model"]),
        "accuracies": {row["model"]: row["accuracy"] for row in rows},
    }


def _lists(relations: Relations) -> dict[str, Any] | None:
    """Return the list model that makes the lists, its equals and popularity's row; None without any."""
    try:
        rows = relations.list_leaderboard()
    except AbsentError:
        return None
    best = next((row for row in rows if row["is_chosen"]), rows[0])
    letter = best["group_letter"]
    equals = [row["model"] for row in rows if letter and row["group_letter"] == letter and row is not best]
    floor = next((row for row in rows if row["model"] == FLOOR and row is not best), None)
    return {"best": best, "equals": equals, "floor": floor}


def _best(relations: Relations, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the leaderboard's row of the chosen model, else the first row."""
    chosen = best_model(relations.connection)
    named = [row for row in rows if chosen and row["model"] == chosen["model"]]
    return (named or rows)[0]


def _steps(relations: Relations, model: str) -> list[Mapping[str, Any]]:
    """Return the steps from the first model to this one, each with what it adds."""
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
    """Return the main figures of the data that are available."""
    try:
        values = {row["measure"]: row["value"] for row in relations.rows("marts.data_summary")}
    except AbsentError:
        return []
    return [
        (label(name, relations.noun()), FIGURES[name].written(values[name]))
        for name in (TILES_OF_LISTS if relations.is_of_lists() else TILES)
        if values.get(name) is not None
    ]
