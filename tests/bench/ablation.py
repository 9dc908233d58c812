"""What each method adds: ``python -m tests.bench.ablation DATA...`` builds each data directory step by step.

The first steps are the same SQL with other constants; the last are the models that learn. Everything is judged
by the truth of the data directory, which nothing here learns from. Beside the steps stand the errors that
their authors published for the Cup's data.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import recsys

PAPER = ("adaptive", "weighted_average_bayes", "weighted_average", "max_genre_bayes", "max_genre")
PAPER_LEARNED = (*PAPER, "autoencoder_fallback", "als_raw_blend", "als_rank_blend", "als_normalized_blend")
FAR = 100  # positions: further apart than two ratings of an ordinary session


@dataclass(frozen=True)
class Step:
    """The best of some models, built with constants other than the usual ones."""

    name: str
    models: Sequence[str]
    published: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


SQL_STEPS = (
    Step("best heuristic of the paper", PAPER, ".792 adaptive"),
    Step("content", ("content",), ".892 Lai et al."),
    Step(
        f"neighbours, at most {FAR} ratings apart",
        ("item_neighbours",),
        "",
        {
            "item_neighbours.window": FAR,
            "item_neighbours.distance_power": 0.0,
            "item_neighbours.popularity_power": 0.0,
        },
    ),
    Step(
        "+ penalty for popular tracks",
        ("item_neighbours",),
        ".948, from .911 Lai et al.",
        {"item_neighbours.window": FAR, "item_neighbours.distance_power": 0.0},
    ),
    Step("+ positions", ("item_neighbours",), ".961, from .948 Lai et al."),
)
LEARNED_STEPS = (
    Step("best of the paper without labels", PAPER_LEARNED, ".849 autoencoder"),
    Step(
        "best of the paper with labels",
        ("random_forest", "gradient_boosted_trees", "logistic_regression", "decision_tree"),
        ".918 random forest",
    ),
    Step("taxonomy factors", ("taxonomy_factors",), ".971 Mnih"),
    Step("ranker on practice, no label", ("ranker",), ".961 Xie et al."),
    Step("stack with labels", ("stacked_ensemble",)),
)

Row = tuple[str, str, float, float, float, str]


def rows(data: Path, folder: Path, with_learners: bool) -> Iterator[Row]:
    """Step, model, accuracy, its bounds, and what was published; steps whose models are not there are left out."""
    warehouse = folder / "ablation.duckdb"
    for step in SQL_STEPS:
        with recsys.build(data, warehouse, sql_only=True, parameters=step.parameters) as built:
            yield from _row(step, built)
    if with_learners:
        with recsys.build(data, warehouse) as built:
            for step in LEARNED_STEPS:
                yield from _row(step, built)


def _row(step: Step, built: recsys.Warehouse) -> Iterator[Row]:
    query = (
        "select model, accuracy, accuracy_low, accuracy_high from marts.accuracy_intervals "
        "where model in (select unnest($models)) order by accuracy desc, model limit 1"
    )
    for model, accuracy, low, high in built.sql(query, {"models": list(step.models)}).fetchall():
        yield step.name, model, accuracy, low, high, step.published


def markdown(found: Sequence[Row]) -> str:
    lines = ["| step | model | accuracy | 95 % interval | published |", "|---|---|---|---|---|"]
    lines += [
        f"| {step} | `{model}` | {accuracy:.4f} | {low:.4f} to {high:.4f} | {published} |"
        for step, model, accuracy, low, high, published in found
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--sql-only", action="store_true", help="the steps that need no learner")
    arguments = parser.parse_args()
    for data in arguments.data:
        with tempfile.TemporaryDirectory() as folder:
            found = list(rows(data, Path(folder), not arguments.sql_only))
        print(f"\n{data.name}\n\n{markdown(found)}")


if __name__ == "__main__":
    main()
