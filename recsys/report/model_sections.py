"""The sections about how good the models are."""

from __future__ import annotations

from typing import Any

from recsys.report import charts
from recsys.report.elements import Figure, Section, Span
from recsys.report.paper import CITATION
from recsys.report.relations import AbsentError, Relations, bounded
from recsys.serving import queries

CALIBRATED = 6  # models whose calibration is drawn, the best
PALEST, DARKEST = 4, 38  # percent of the accent colour in a cell: ink is readable on both


def lift(relations: Relations) -> Section:
    is_compared = relations.is_compared()
    rows = [
        {
            **bounded(row, "lift", "lift_low", "lift_high"),
            "published_lift": row["published_lift"] if is_compared else None,
        }
        for row in relations.rows("marts.lift", "step")
    ]
    span = Span.around([0.0, *(row[bound] for row in rows for bound in ("low", "high"))])
    return Section(
        "What lifts accuracy",
        "Each model beside the one that it adds something to. The bar is a 95 % interval of the difference "
        "in accuracy, over users that both are judged on; where it does not reach the line, the difference "
        "is sure.",
        drawn="lift.html",
        content={"rows": rows, "span": span, "is_compared": is_compared},
    )


def leaderboard(relations: Relations) -> Section:
    rows, is_compared = relations.leaderboard(), relations.is_compared()
    warning = queries.constant_scores(relations.connection)
    published = [row["published_accuracy"] for row in rows if row["published_accuracy"] is not None]
    span = Span.around([*published, *(row[bound] for row in rows for bound in ("low", "high"))])
    return Section(
        "Leaderboard",
        "Accuracy is the share of judged candidates that a model puts in the right half of its user's "
        f"list. The bar is a 95 % interval over the {rows[0]['users']:,} judged users. Models of one group, "
        "a letter, cannot be told apart from the first of it."
        + (f" {warning.capitalize()}." if warning else "")
        + (f" {CITATION}" if is_compared else ""),
        drawn="leaderboard.html",
        content={"rows": rows, "span": span, "is_compared": is_compared},
    )


def accuracy_by_activity(relations: Relations) -> Section:
    rows = relations.rows("marts.accuracy_by_activity", "model, activity")
    starts = sorted({row["activity"] for row in rows})
    users = {start: max(row["users"] for row in rows if row["activity"] == start) for start in starts}
    cells = {(row["model"], row["activity"]): _cell(row, users) for row in rows}
    models = [model for model in relations.order() if any(name == model for name, _ in cells)]
    return Section(
        "Accuracy by user activity",
        "Users by the number of ratings in their history. Below each accuracy stands half of its 95 % "
        "interval; the number of users is that of the column unless a cell has its own.",
        drawn="activity.html",
        content={
            "models": models,
            "classes": [(start, _class_label(start, starts), users[start]) for start in starts],
            "cells": cells,
        },
    )


def _cell(row: dict[str, Any], users: dict[int, int]) -> dict[str, Any]:
    """A cell's accuracy, half its interval, and how dark it is: from a half, pale, to all right."""
    low, high = row["accuracy_low"], row["accuracy_high"]
    share = max(0.0, 2 * row["accuracy"] - 1)
    return {
        "accuracy": row["accuracy"],
        "half": None if low is None else (high - low) / 2,
        "users": row["users"] if row["users"] != users[row["activity"]] else None,
        "tint": round(PALEST + (DARKEST - PALEST) * share**2),
    }


def _class_label(start: int, starts: list[int]) -> str:
    following = [other for other in starts if other > start]
    return f"{start:,} to {min(following) - 1:,}" if following else f"{start:,}+"


def calibration(relations: Relations) -> Section:
    rows = relations.rows("marts.calibration", "model, tenth")
    by_model: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_model.setdefault(row["model"], []).append(row)
    chosen = [model for model in relations.order() if model in by_model][:CALIBRATED]
    return Section(
        "Calibration",
        "Of the candidates that a model gives a probability between two tenths, the share that was liked, "
        "with 95 % intervals and, below, their number. On the line, probabilities are what they say; the "
        "figure is how far off they are on average. Half of each user's candidates were liked, which the "
        "probabilities know.",
        [
            Figure(f"{model}: off by {_off(by_model[model]):.3f}", charts.calibration(by_model[model]))
            for model in chosen
        ],
    )


def _off(rows: list[dict[str, Any]]) -> float:
    """The expected calibration error (Naeini, Cooper and Hauskrecht, AAAI 2015), 0..1."""
    total = sum(row["candidates"] for row in rows)
    return sum(row["candidates"] * abs(row["probability"] - row["liked_share"]) for row in rows) / total


def accuracy_by_levels(relations: Relations) -> Section:
    rows = relations.rows("marts.accuracy_by_levels", "rated_levels")
    if rows[0]["accuracy"] is None:
        raise AbsentError("the data set has no labels to judge by")
    return Section(
        "Accuracy by rated levels",
        "The levels are album (rated itself, or another track of it), artist and genres. Candidates are "
        "grouped by how many of them the user rated: the share that is liked, and the share that the model "
        "adaptive predicts right.",
        [
            Figure(
                "Candidates by number of rated levels, as adaptive sees them", charts.accuracy_by_levels(rows)
            )
        ],
    )
