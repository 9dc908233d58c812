"""What the models past the paper cost a build: ``python -m tests.bench.growth WAREHOUSE``.

From ``marts.build``: seconds of the relations that only these models need, added up; the longest chain of
relations that wait for each other, which no number of threads makes shorter; and the largest peak of memory. The
last rows say the same of the whole build, with and without them. Relations that are built side by side share the
processors, so that the sums are upper bounds. A warehouse that one build made from nothing tells most.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from recsys.backends.duckdb.connection import reading
from tests.bench.ablation import CLASSIFIERS, PAPER_LEARNED
from tests.bench.measure import MEBIBYTE

PAPER = tuple(f"scores.{model}" for model in (*PAPER_LEARNED, *CLASSIFIERS))
# Each takes what it reads and none before it does.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "neighbours and EASE": (
        "scores.content",
        "scores.item_neighbours",
        "scores.ease",
    ),
    "validation and ranker": ("validation.labels", "validation.ratings", "scores.ranker"),
    "taxonomy factors": ("scores.taxonomy_factors", "validation.scores_taxonomy_factors"),
    "the stack": ("scores.stacked_ensemble",),
}
FACTORS = GROUPS["taxonomy factors"]


@dataclass(frozen=True)
class Built:
    """A relation of a build: what it waited for, its seconds, and the peak of memory in bytes."""

    parents: tuple[str, ...]
    seconds: float
    peak: int


def read(warehouse: Path) -> dict[str, Built]:
    query = "select name, value, seconds, peak_bytes from marts.build where seconds is not null"
    with reading(warehouse) as connection:
        return {
            name: Built(tuple(json.loads(value)["parents"]), seconds, peak)
            for name, value, seconds, peak in connection.execute(query).fetchall()
        }


def needed(
    built: Mapping[str, Built], names: Iterable[str], beyond: frozenset[str] = frozenset()
) -> set[str]:
    """The relations, as far as they were built, and all that they read, but not through those ``beyond``."""
    found, waiting = set[str](), [name for name in names if name in built]
    while waiting:
        name = waiting.pop()
        if name not in found | beyond:
            found.add(name)
            waiting.extend(built[name].parents)
    return found


def groups(built: Mapping[str, Built]) -> dict[str, set[str]]:
    """The relations of the paper's models, and of each group those that none before it needs."""
    taken = needed(built, PAPER)
    found = {"the paper's models": set(taken)}
    for title, names in GROUPS.items():
        beyond = needed(built, FACTORS) if title.startswith("validation") else set[str]()
        shared = needed(built, ["validation.labels", "validation.ratings"])
        found[title] = needed(built, names, frozenset(beyond - shared)) - taken
        taken |= found[title]
    return found


def longest(built: Mapping[str, Built], names: set[str]) -> float:
    """Seconds of the longest chain among these relations, each after all that it reads."""
    ends: dict[str, float] = {}

    def end(name: str) -> float:
        if name not in ends:
            before = [end(parent) for parent in built[name].parents if parent in names]
            ends[name] = max(before, default=0.0) + built[name].seconds
        return ends[name]

    return max(map(end, names), default=0.0)


def growth(warehouse: Path) -> Table:
    """A row for each group, and three for the build."""
    built = read(warehouse)
    table = Table("models", "relations", "seconds", "longest chain", "peak MiB")
    parts = groups(built)
    past = set().union(*(names for title, names in parts.items() if title in GROUPS))
    whole = {"past the paper": past, "build without them": set(built) - past, "build": set(built)}
    for title, names in (parts | whole).items():
        seconds = sum(built[name].seconds for name in names)
        peak = max((built[name].peak for name in names), default=0)
        chain = longest(built, names)
        table.add_row(title, str(len(names)), f"{seconds:.1f}", f"{chain:.1f}", f"{peak / MEBIBYTE:,.0f}")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("warehouse", type=Path)
    Console().print(growth(parser.parse_args().warehouse))


if __name__ == "__main__":
    main()
