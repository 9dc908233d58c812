"""The sections of the report, each made from relations of the warehouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from recsys.engine import queries
from recsys.engine.duckdb import Connection, query, quoted
from recsys.engine.queries import has
from recsys.engine.record import Record, read_from
from recsys.report import charts, lineage, reference
from recsys.report.paper import CITATION
from recsys.report.statistics import RESAMPLES, Bootstrap, bootstrap

NOTHING = "\u2013"  # in a table, for a figure that is not there
MOST_WEIGHTS = 30
MOST_MODELS = 20
MOST_FEATURES = 12

Row = Mapping[str, Any]


class AbsentError(Exception):
    """The warehouse lacks what a section is made from; the message says what."""


@dataclass(frozen=True)
class Figure:
    """A chart and its caption; a page narrower than ``least_width`` pixels scrolls it."""

    caption: str
    chart: charts.AnyChart
    least_width: int = 0


@dataclass(frozen=True)
class Table:
    """Cells as text; the first column names the row, the others are set flush right unless in ``words``."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Section:
    """A heading, a few sentences, and what there is to look at."""

    title: str
    text: str
    figures: Sequence[Figure] = ()
    table: Table | None = None
    drawing: str = ""

    @property
    def anchor(self) -> str:
        return self.title.lower().replace(" ", "-")


@dataclass
class Relations:
    """The rows of a warehouse's relations, each read once."""

    connection: Connection
    _resamples: list[Bootstrap] = field(default_factory=list)

    def rows(self, relation: str, order: str = "all") -> list[dict[str, Any]]:
        """All rows in an order; AbsentError if the warehouse lacks the relation or it is empty."""
        if not has(self.connection, relation):
            raise AbsentError(f"this warehouse has no {relation}")
        rows = query(self.connection, f"select * from {quoted(relation)} order by {order}").to_pylist()
        if not rows:
            raise AbsentError(f"{relation} is empty")
        return rows

    def records(self) -> Mapping[str, Record]:
        return read_from(self.connection)

    def leaderboard(self) -> list[dict[str, Any]]:
        """The judged models with the bounds of their accuracies, the best first; AbsentError without labels.

        Where there are too few users to tell, the bounds are the accuracy itself.
        """
        if not has(self.connection, "marts.leaderboard"):
            raise AbsentError("this warehouse has no marts.leaderboard")
        judged = [row for row in queries.leaderboard(self.connection) if row["accuracy"] is not None]
        if not judged:
            raise AbsentError("the data set has no labels to judge by")
        bounds = {"low": "accuracy_low", "high": "accuracy_high"}
        return [
            {
                **row,
                **{name: row["accuracy"] if row[own] is None else row[own] for name, own in bounds.items()},
            }
            for row in judged
        ]

    def is_compared(self) -> bool:
        """Whether published figures speak of such data as this."""
        return queries.is_compared(self.connection)

    def order(self) -> list[str]:
        """The models, the best first where they are judged."""
        return [row["model"] for row in self.rows("marts.leaderboard", "accuracy desc nulls last, model")]

    def resamples(self) -> Bootstrap:
        if not self._resamples:
            self._resamples.append(bootstrap(self.rows("marts.user_accuracy")))
        return self._resamples[0]


def _bounds(interval: tuple[float, float]) -> dict[str, float]:
    return {"low": interval[0], "high": interval[1]}


def leaderboard(relations: Relations) -> Section:
    rows, is_compared = relations.leaderboard(), relations.is_compared()
    warning = queries.constant_scores(relations.connection)
    comparison = ("published",) if is_compared else ()
    header = ("model", "accuracy", "95 % interval", "group", "AUC", *comparison, "judged by")
    cells = [
        (
            row["model"],
            f"{row['accuracy']:.4f}",
            f"{row['low']:.4f} to {row['high']:.4f}",
            row["group"] or NOTHING,
            f"{row['auc']:.4f}",
            *((_published(row["published_accuracy"]),) if is_compared else ()),
            row["evaluated_on"],
        )
        for row in rows
    ]
    return Section(
        "Leaderboard",
        "Accuracy is the share of judged candidates that a model puts in the right half of its user's "
        f"list. Each bar is a 95 % interval over the {rows[0]['users']:,} judged users. Models of one group "
        "cannot be told apart from the first of it."
        + (f" {warning.capitalize()}." if warning else "")
        + (f" {CITATION}" if is_compared else ""),
        [
            Figure(
                "Accuracy of each model" + (", and published" if is_compared else ""),
                charts.leaderboard(rows),
            )
        ],
        Table(header, cells, frozenset({len(header) - 1})),
    )


def _published(accuracy: float | None) -> str:
    return NOTHING if accuracy is None else f"{accuracy:.3f}"


def data_summary(relations: Relations) -> Section:
    values = {row["measure"]: row["value"] for row in relations.rows("marts.data_summary")}
    histogram = relations.rows("marts.rating_histogram", "rating")
    values["ratings of 80 and more"] = sum(row["share"] for row in histogram if row["rating"] >= 80)
    cells = [
        (measure, _written(values[measure], figure), _written(figure.real, figure))
        for measure, figure in reference.FIGURES.items()
        if measure in values
    ]
    by_activity = relations.rows("marts.rating_mean_by_activity", "at_least")
    return Section(
        "The data",
        "What the warehouse was built from, beside what is known of the real data at its full size. Counts "
        "depend on the scale; shares, means and the shapes of the curves should not.",
        [
            Figure("How ratings are spread", charts.rating_histogram(histogram, reference.COMMON_RATINGS)),
            Figure(
                "Mean rating of users by their activity",
                charts.mean_by_activity(by_activity, reference.MEAN_BY_ACTIVITY),
            ),
            Figure(
                "Users and items with at least so many ratings",
                charts.rating_counts(relations.rows("marts.rating_counts", "entity, at_least")),
            ),
        ],
        Table(("", "this warehouse", "the real data"), cells),
    )


def _written(value: float | None, figure: reference.Figure) -> str:
    return NOTHING if value is None else figure.written(value)


def accuracy_by_activity(relations: Relations) -> Section:
    rows = relations.rows("marts.accuracy_by_activity", "model, activity")
    return Section(
        "Accuracy by user activity",
        "Each column holds the users with so many ratings in the training file; how many they are shows on "
        "pointing at a cell.",
        [
            Figure(
                "Accuracy of each model by the user's number of ratings",
                charts.accuracy_by_activity(rows, relations.order()),
                480,
            )
        ],
    )


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


def coverage(relations: Relations) -> Section:
    rows = relations.rows("marts.fallback_coverage", "feature, candidates desc")
    figures = [Figure("Where the heuristics' values come from", charts.coverage(rows, "feature"))]
    if has(relations.connection, "features.als_coverage"):
        als = relations.rows("features.als_coverage", "level, candidates desc")
        figures.append(Figure("Where the ALS scores come from", charts.coverage(als, "level")))
    return Section(
        "Fallback coverage",
        "A level's value is the user's own rating where there is one (direct), the mean of the user's "
        "ratings of the album's other tracks (sibling), the item's shrunken mean over all users (prior), or "
        "the overall mean (global).",
        figures,
    )


def lift(relations: Relations) -> Section:
    resamples = relations.resamples()
    published = {} if relations.is_compared() else {"published_lift": None}
    rows = [
        {**row, **published, **_bounds(resamples.lift_interval(row["model"], row["previous_model"]))}
        for row in relations.rows("marts.lift", "step")
    ]
    return Section(
        "Lift",
        f"Accuracy of each model less that of the one before it, in the order of the paper, beginning after "
        f"{rows[0]['previous_model']}. The intervals pair the two models on the same users, resampled "
        f"{RESAMPLES:,} times.",
        [Figure("Lift of each model over the one before", charts.lift(rows))],
    )


def feature_importances(relations: Relations) -> Section:
    rows = relations.rows("marts.feature_importance", "model, importance desc, feature")
    models = dict.fromkeys(row["model"] for row in rows)
    return Section(
        "Feature importances",
        f"The {MOST_FEATURES} features that weigh most in each classifier, on the classifier's own scale.",
        [
            Figure(model, charts.importances([row for row in rows if row["model"] == model][:MOST_FEATURES]))
            for model in models
        ],
    )


def score_correlation(relations: Relations) -> Section:
    rows = [row for row in relations.rows("marts.score_correlation") if row["correlation"] is not None]
    return Section(
        "Correlation of the models",
        "Correlation of the ranks that two models give the candidates of a user. A blend gains most from "
        "models that are good and unlike each other.",
        [Figure("Rank correlation within the user", charts.correlation(rows, relations.order()), 620)],
    )


def ensemble_weights(relations: Relations) -> Section:
    rows = [
        row
        for row in relations.rows("marts.ensemble_weights", "abs(weight) desc, kind, name")
        if row["weight"]
    ]
    shown = sorted(rows[:MOST_WEIGHTS], key=lambda row: -row["weight"])
    share = f"The {len(shown)} largest of {len(rows)}" if len(shown) < len(rows) else f"All {len(rows)}"
    return Section(
        "Ensemble weights",
        f"{share} weights of the blend by least squares. A negative weight is no mistake: what two inputs "
        "share is taken out by giving one of them less than nothing.",
        [Figure("Weight of each input", charts.ensemble_weights(shown))],
    )


def timings(relations: Relations) -> Section:
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
        f"The {len(records)} models took {total:,.1f} seconds when each was last built, and at most "
        f"{peak:,.0f} MiB of memory. These are the {len(rows)} slowest.",
        [Figure("Seconds of each model", charts.timings(rows))],
    )


def graph(relations: Relations) -> Section:
    edges = {name: list(record.fingerprint.parents) for name, record in relations.records().items()}
    return Section(
        "Lineage",
        f"The {len(edges)} models of this warehouse and what each reads. Point at a model, or tap it, to "
        "see what it is made from and what is made from it.",
        drawing=lineage.svg(edges),
    )


SECTIONS = {
    "Leaderboard": leaderboard,
    "Lift": lift,
    "Accuracy by user activity": accuracy_by_activity,
    "Accuracy by rated levels": accuracy_by_levels,
    "Fallback coverage": coverage,
    "Feature importances": feature_importances,
    "Correlation of the models": score_correlation,
    "Ensemble weights": ensemble_weights,
    "The data": data_summary,
    "Build timings": timings,
    "Lineage": graph,
}


def headline(relations: Relations) -> dict[str, str]:
    """What the page says of the build at its top."""
    settings = queries.settings(relations.connection)
    return {
        "data": PurePath(settings["data"]).name,
        "finished_at": settings["finished_at"].replace("T", " ").replace("+00:00", " UTC"),
        "build_id": settings["build_id"],
        "versions": f"recsys {settings['recsys']}, DuckDB {settings['duckdb']}, Python {settings['python']}",
    }
