"""Sections on the quality of the models."""

from __future__ import annotations

from typing import Any

from recsys.report import charts
from recsys.report.elements import Figure, Section, Span
from recsys.report.paper import CITATION
from recsys.report.relations import AbsentError, Relations, bounded
from recsys.serving.activity import activity_ranges
from recsys.serving.limitations import constant_scores

CALIBRATED = 6  # best models shown
PALEST, DARKEST = 4, 38  # percent of the accent colour in a cell: text is readable on both


def lift(relations: Relations) -> Section:
    """Show what each step adds to the previous model."""
    is_compared = relations.is_compared()
    constant = relations.constant_models()
    rows = [
        {
            **bounded(row, "lift", "lift_low", "lift_high"),
            "published_lift": row["published_lift"] if is_compared else None,
        }
        for row in relations.rows("marts.lift", "step")
        if not constant & {row["model"], row["previous_model"]}
    ]
    if not rows:
        raise AbsentError("no two models that build on each other have scores that differ")
    span = Span.around([0.0, *(row[bound] for row in rows for bound in ("low", "high"))])
    return Section(
        "What each model adds",
        "Each model is compared with the model it extends. The bar is the difference in accuracy, the line "
        "its 95 % interval. If the interval does not cross zero, the difference is significant.",
        drawn="lift.html",
        content={"rows": rows, "span": span, "is_compared": is_compared},
    )


def leaderboard(relations: Relations) -> Section:
    """Show the accuracies of all models, with intervals."""
    rows, is_compared = relations.leaderboard(), relations.is_compared()
    warning = constant_scores(relations.connection)
    published = [row["published_accuracy"] for row in rows if row["published_accuracy"] is not None]
    span = Span.around([*published, *(row[bound] for row in rows for bound in ("low", "high"))])
    return Section(
        "Leaderboard",
        "Accuracy is the share of test items correctly sorted into liked and not liked (chance: 50 %). The "
        f"bar is the 95 % interval over {rows[0]['users']:,} users with known answers. Models that share a "
        "letter are not significantly different from the best of that group."
        + (f" {warning}." if warning else "")
        + (f" {CITATION}" if is_compared else ""),
        drawn="leaderboard.html",
        content={"rows": rows, "span": span, "is_compared": is_compared},
    )


def list_leaderboard(relations: Relations) -> Section:
    """Show the list models with intervals."""
    rows = relations.list_leaderboard()
    span = Span.around([0.0, *(row[bound] for row in rows for bound in ("low", "high"))])
    return Section(
        "Leaderboard of lists",
        f"Some likes of {rows[0]['users']:,} users were held out. NDCG@10 is 1 if the held-out likes are at "
        "the top of a list, and 0 if none is among its first ten. The bar is the 95 % interval over users. "
        "Models that share a letter are not significantly different from the best of that group. The model "
        "in bold makes the lists.",
        drawn="list_leaderboard.html",
        content={"rows": rows, "span": span},
    )


def accuracy_by_activity(relations: Relations) -> Section:
    """Show accuracies by the user's number of ratings."""
    rows = relations.rows("marts.accuracy_by_activity", "model, activity")
    starts = sorted({row["activity"] for row in rows})
    users = {start: max(row["users"] for row in rows if row["activity"] == start) for start in starts}
    cells = {(row["model"], row["activity"]): _cell(row, users) for row in rows}
    models = [model for model in relations.order() if any(name == model for name, _ in cells)]
    return Section(
        "Accuracy by user activity",
        "Users are grouped by their number of ratings. Below each accuracy is half of its 95 % interval. A "
        "cell shows its number of users if it differs from the column's.",
        drawn="activity.html",
        content={
            "models": models,
            "classes": [(start, label, users[start]) for start, label in activity_ranges(starts).items()],
            "cells": cells,
        },
    )


def _cell(row: dict[str, Any], users: dict[int, int]) -> dict[str, Any]:
    """Return a cell's accuracy, half its interval, and its tint: pale at chance, dark at all right."""
    low, high = row["accuracy_low"], row["accuracy_high"]
    share = max(0.0, 2 * row["accuracy"] - 1)
    return {
        "accuracy": row["accuracy"],
        "half": None if low is None else (high - low) / 2,
        "users": row["users"] if row["users"] != users[row["activity"]] else None,
        "tint": round(PALEST + (DARKEST - PALEST) * share**2),
    }


def calibration(relations: Relations) -> Section:
    """Show how well predicted probabilities match the share of liked items."""
    rows = relations.rows("marts.calibration", "model, tenth")
    by_model: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_model.setdefault(row["model"], []).append(row)
    constant = relations.constant_models()
    chosen = [model for model in relations.order() if model in by_model and model not in constant]
    if not chosen:
        raise AbsentError("all models have constant scores")
    return Section(
        "Calibration",
        "Test items are grouped by predicted probability. Each point shows the share that was liked, its "
        "95 % interval and the number of items. Points on the line are perfectly calibrated. Captions give "
        "the mean distance from the line. Probabilities use that half of each user's test items are liked. "
        "Models with constant scores are left out.",
        [
            Figure(
                f"{model}: error {_calibration_error(by_model[model]):.3f}",
                charts.calibration(by_model[model]),
            )
            for model in chosen[:CALIBRATED]
        ],
    )


def _calibration_error(rows: list[dict[str, Any]]) -> float:
    """Return the expected calibration error, 0 to 1 (Naeini, Cooper and Hauskrecht, AAAI 2015)."""
    total = sum(row["candidates"] for row in rows)
    return sum(row["candidates"] * abs(row["probability"] - row["liked_share"]) for row in rows) / total


def accuracy_by_levels(relations: Relations) -> Section:
    """Show accuracies by the number of levels that the user rated."""
    if relations.is_of_lists():
        raise AbsentError("only for data in the Cup's format")
    rows = relations.rows("marts.accuracy_by_levels", "rated_levels")
    if rows[0]["accuracy"] is None:
        raise AbsentError("the data has no known answers to evaluate with")
    return Section(
        "Accuracy by rated levels",
        "Levels are album (rated itself, or another track of it), artist and genres. Test items are "
        "grouped by how many levels the user rated. Bars show the share that is liked, and the share that "
        "the model adaptive predicts right.",
        [Figure("Test items by number of rated levels", charts.accuracy_by_levels(rows))],
    )
