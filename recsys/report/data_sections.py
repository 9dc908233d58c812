"""Sections on the data, sources of values, features, and the build."""

from __future__ import annotations

from recsys.report import charts, charts_of_data, reference
from recsys.report.elements import NOTHING, Figure, Section, Table
from recsys.report.relations import Relations
from recsys.serving.interactions import interactions
from recsys.serving.relations import has
from recsys.sources.interactions import Interactions, number, plural_of

MOST_WEIGHTS = 30
MOST_MODELS = 20
MOST_FEATURES = 12


def coverage(relations: Relations) -> Section:
    """Show how often each fallback provides a value."""
    rows = relations.rows("marts.fallback_coverage", "feature, candidates desc")
    figures = [Figure("Sources of the heuristics' values", charts.coverage(rows, "feature"))]
    if has(relations.connection, "features.als_coverage"):
        als = relations.rows("features.als_coverage", "level, candidates desc")
        figures.append(Figure("Sources of the ALS scores", charts.coverage(als, "level")))
    return Section(
        "Fallback coverage",
        "A value is the user's own rating (direct), the mean of the user's ratings of the album's other "
        f"{plural_of(relations.noun())} (sibling), the adjusted average of all users (prior), or the overall "
        "mean (global).",
        figures,
    )


def feature_importances(relations: Relations) -> Section:
    """Show the most important features of each classifier."""
    rows = relations.rows("marts.feature_importance", "model, importance desc, feature")
    models = dict.fromkeys(row["model"] for row in rows)
    return Section(
        "Feature importances",
        f"The {MOST_FEATURES} most important features of each model, on the model's own scale.",
        [
            Figure(model, charts.importances([row for row in rows if row["model"] == model][:MOST_FEATURES]))
            for model in models
        ],
    )


def score_correlation(relations: Relations) -> Section:
    """Show how similarly the models rank items."""
    rows = [row for row in relations.rows("marts.score_correlation") if row["correlation"] is not None]
    return Section(
        "Correlation of the models",
        "Correlation between two models' ranks of a user's test items. An ensemble gains most from good "
        "models that differ from each other.",
        [Figure("Rank correlation within users", charts.correlation(rows, relations.order()), 620)],
    )


def ensemble_weights(relations: Relations) -> Section:
    """Show the weights of the ensemble's inputs."""
    rows = [
        row
        for row in relations.rows("marts.ensemble_weights", "abs(weight) desc, kind, name")
        if row["weight"]
    ]
    shown = sorted(rows[:MOST_WEIGHTS], key=lambda row: -row["weight"])
    share = f"The {len(shown)} largest of {len(rows)}" if len(shown) < len(rows) else f"All {len(rows)}"
    return Section(
        "Ensemble weights",
        f"{share} weights of the least-squares ensemble. A negative weight is not an error: it subtracts "
        "what one input has in common with another.",
        [Figure("Weight of each input", charts.ensemble_weights(shown))],
    )


def timings(relations: Relations) -> Section:
    """Show the slowest models of the build."""
    records = list(relations.records().values())
    slowest = sorted(records, key=lambda record: (-record.seconds, record.name))[:MOST_MODELS]
    rows = [
        {
            "name": record.name,
            "layer": record.name.split(".")[0],
            "seconds": record.seconds,
            "mebibytes": record.peak_bytes / 2**20,
            "row_count": record.row_count,
        }
        for record in slowest
    ]
    total = sum(record.seconds for record in records)
    peak = max(record.peak_bytes for record in records) / 2**20
    return Section(
        "Build timings",
        f"The {len(records)} relations took {total:,.1f} seconds to build, with a peak of {peak:,.0f} MiB of "
        f"memory. The chart shows the {len(rows)} slowest.",
        [Figure("Build time in seconds", charts.timings(rows))],
    )


def data_summary(relations: Relations) -> Section:
    """Show figures and distributions of the data."""
    values = {row["measure"]: row["value"] for row in relations.rows("marts.data_summary")}
    histogram = relations.rows("marts.rating_histogram", "rating")
    scale = interactions(relations.connection)
    labels = {"share of likes": _likes(scale)}
    is_compared, noun = relations.is_compared(), relations.noun()
    cells = [
        (
            labels.get(measure) or reference.label(measure, noun),
            *(_written(value, figure) for value in (values[measure], figure.real)[: 1 + is_compared]),
        )
        for measure, figure in reference.FIGURES.items()
        if measure in values and (is_compared or reference.is_of_kinds(measure, values))
    ]
    by_activity = relations.rows("marts.rating_mean_by_activity", "at_least")
    common, means = (reference.COMMON_RATINGS, reference.MEAN_BY_ACTIVITY) if is_compared else ((), ())
    return Section(
        "The data",
        "The data that this warehouse was built from"
        + (
            ", compared with the real data at full size. Counts depend on the scale; shares, means and the "
            "shapes of curves should match."
            if is_compared
            else "."
        ),
        [
            Figure("Distribution of ratings", charts_of_data.rating_histogram(histogram, common, scale)),
            Figure(
                "Mean rating by the user's number of ratings",
                charts_of_data.mean_by_activity(by_activity, means, scale),
            ),
            Figure(
                "Users and items by number of ratings",
                charts_of_data.rating_counts(relations.rows("marts.rating_counts", "entity, at_least"), noun),
            ),
        ],
        Table(("", "this warehouse", *(["the real data"] if is_compared else [])), cells),
    )


def _likes(scale: Interactions) -> str:
    """Return which rows are likes, in words."""
    if scale.feedback == "ratings":
        return f"ratings of {number(scale.liked)} and more"
    return "share of likes"


def _written(value: float | None, figure: reference.Figure) -> str:
    return NOTHING if value is None else figure.written(value)
