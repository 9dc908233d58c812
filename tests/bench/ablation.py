"""What each method adds, on data directories and on MovieLens 100k, side by side.

    python -m tests.bench.ablation DATA... [--movielens FOLDER] [--sql-only]

builds each data directory step by step: the first steps are the same SQL with other constants, the last are
models that learn. FOLDER is RecBole's copy of MovieLens 100k, which `tests.bench.movielens` makes a data directory
of. Everything is judged by the truth, which nothing here learns from, but for the ranker's validation. Beside each
accuracy stands its difference to the step that it adds to, with 95 % intervals over users, and what the step's
authors published for the Cup's data.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import recsys
from recsys.backends.duckdb.connection import reading
from recsys.evaluation.statistics import Interval, bootstrap
from tests.bench.movielens import prepare
from tests.bench.reranking import Examples, Hits, reranked

PAPER = ("adaptive", "weighted_average_bayes", "weighted_average", "max_genre_bayes", "max_genre")
PAPER_LEARNED = (*PAPER, "autoencoder_fallback", "als_raw_blend", "als_rank_blend", "als_normalized_blend")
CLASSIFIERS = ("random_forest", "gradient_boosted_trees", "logistic_regression", "decision_tree")
FAR = 100  # positions: further apart than two ratings of an ordinary session
FACTORS = "taxonomy_"  # how the ranker's features of taxonomy factors begin


@dataclass(frozen=True)
class Step:
    """The best of some models, built with constants other than the usual ones.

    ``after`` names the step that it adds to; ``without`` begins the names of features that are taken from the
    ranker.
    """

    name: str
    models: Sequence[str]
    published: str = ""
    after: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    without: str = ""


NEIGHBOURS = f"neighbours, at most {FAR} ratings apart"
SQL_STEPS = (
    Step("best heuristic of the paper", PAPER, ".792 adaptive"),
    Step("content", ("content",), ".892 Lai et al."),
    Step(
        NEIGHBOURS,
        ("item_neighbours",),
        ".911 Lai et al.",
        parameters={
            "item_neighbours.window": FAR,
            "item_neighbours.distance_power": 0.0,
            "item_neighbours.popularity_power": 0.0,
        },
    ),
    Step(
        "+ popularity penalty",
        ("item_neighbours",),
        ".948 Lai et al.",
        NEIGHBOURS,
        {"item_neighbours.window": FAR, "item_neighbours.distance_power": 0.0},
    ),
    Step("+ positions", ("item_neighbours",), ".961 Lai et al.", "+ popularity penalty"),
)
LEARNED_STEPS = (
    Step("+ ranker on validation, no label", ("ranker",), ".961 Xie et al.", "+ positions", without=FACTORS),
    Step("+ taxonomy factors", ("ranker",), "", "+ ranker on validation, no label"),
    Step("+ stack with labels", ("stacked_ensemble",), "", "+ taxonomy factors"),
    Step("taxonomy factors alone", ("taxonomy_factors",), ".971 Mnih"),
    Step("best of the paper without labels", PAPER_LEARNED, ".849 autoencoder"),
    Step("best of the paper with labels", CLASSIFIERS, ".918 random forest"),
)


@dataclass(frozen=True)
class Found:
    """How accurate a step is, by which model, and what it adds to the step before; None: there is none."""

    step: Step
    model: str
    accuracy: float
    interval: Interval
    added: float | None
    added_interval: Interval | None


def taken(data: Path, warehouse: Path, with_learners: bool) -> Iterator[tuple[Step, str, list[Hits]]]:
    """Each step with its best model and the hits of that; steps whose models are not there are left out."""
    for step in SQL_STEPS:
        recsys.build(data, warehouse, sql_only=True, parameters=step.parameters).close()
        yield from _best(step, warehouse)
    if with_learners:
        recsys.build(data, warehouse).close()
        for step in LEARNED_STEPS:
            yield from _best(step, warehouse)


def _best(step: Step, warehouse: Path) -> Iterator[tuple[Step, str, list[Hits]]]:
    query = (
        "select model, user_id, judged, correct from marts.user_accuracy where model in (select unnest($1))"
    )
    by_model: dict[str, list[Hits]] = {}
    with reading(warehouse) as connection:
        for model, *found in connection.execute(query, [list(step.models)]).fetchall():
            hits = dict(zip(("user_id", "judged", "correct"), found, strict=True))
            by_model.setdefault(model, []).append(hits | {"model": step.name})
        if by_model and step.without:
            examples = Examples.of(connection).without(step.without)
            by_model = {step.models[0]: list(reranked(connection, step.name, examples))}
    if by_model:
        best = max(by_model, key=lambda model: accuracy(by_model[model]))
        yield step, best, by_model[best]


def accuracy(hits: Sequence[Hits]) -> float:
    return float(sum(row["correct"] for row in hits) / sum(row["judged"] for row in hits))


AGREEMENT = """
    select validation.model, validation.accuracy, truth.accuracy
    from (select model, sum(correct) / sum(judged) as accuracy from marts.validation_accuracy group by all) as validation
    inner join (select model, sum(correct) / sum(judged) as accuracy from marts.user_accuracy group by all) as truth
        on validation.model = truth.model
    order by truth.accuracy desc
"""


def agreement(warehouse: Path) -> Iterator[str]:
    """A line for each model that validation judges too: what it says, and what the truth says."""
    with reading(warehouse) as connection:
        for model, validation, truth in connection.execute(AGREEMENT).fetchall():
            yield f"{model:24s} validation {_share(validation)}, truth {_share(truth)}: {validation - truth:+.4f}"


def ablation(data: Path, with_learners: bool) -> list[Found]:
    """All steps on a data directory; prints how far validation and truth agree."""
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Path(folder) / "ablation.duckdb"
        steps = list(taken(data, warehouse, with_learners))
        if with_learners:
            print(f"\n{data.name}: accuracy on validation, and by the truth", *agreement(warehouse), sep="\n")
    resamples = bootstrap([row for _, _, hits in steps for row in hits])
    reached = {step.name: accuracy(hits) for step, _, hits in steps}
    return [
        Found(
            step,
            model,
            reached[step.name],
            resamples.interval(step.name),
            reached[step.name] - reached[step.after] if step.after in reached else None,
            resamples.lift_interval(step.name, step.after) if step.after in reached else None,
        )
        for step, model, _ in steps
    ]


def markdown(found: Mapping[str, Sequence[Found]]) -> str:
    """A row a step, two columns a data set: how accurate, and what it adds."""
    rows: dict[str, dict[str, Found]] = {}
    for title, steps in found.items():
        for one in steps:
            rows.setdefault(one.step.name, {})[title] = one
    head = ["step", *(name for title in found for name in (title, "adds")), "published, Cup's data"]
    lines = [head, ["---"] * len(head)]
    for name, by_title in rows.items():
        cells = [cell for title in found for cell in _cells(by_title.get(title))]
        lines.append([name, *cells, next(iter(by_title.values())).step.published])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(found: Found | None) -> tuple[str, str]:
    if found is None:
        return "", ""
    model = f" `{found.model}`" if len(found.step.models) > 1 else ""
    reached = f"{_share(found.accuracy)} ({_share(found.interval[0])} to {_share(found.interval[1])}){model}"
    if found.added is None or found.added_interval is None:
        return reached, ""
    low, high = found.added_interval
    return reached, f"{_share(found.added, '+')} ({_share(low, '+')} to {_share(high, '+')})"


def _share(value: float, sign: str = "") -> str:
    return f"{value:{sign}.3f}".replace("0.", ".", 1)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--movielens", type=Path, help="the folder of RecBole's copy of MovieLens 100k")
    parser.add_argument("--sql-only", action="store_true", help="the steps that need no learner")
    arguments = parser.parse_args()
    found = {data.name: ablation(data, not arguments.sql_only) for data in arguments.data}
    if arguments.movielens:
        with tempfile.TemporaryDirectory() as folder:
            prepare(arguments.movielens, Path(folder))
            found["MovieLens 100k"] = ablation(Path(folder), not arguments.sql_only)
    print(f"\n{markdown(found)}")


if __name__ == "__main__":
    main()
