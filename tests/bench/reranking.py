"""The ranker once more over a built warehouse: its features with some left out or others added, judged by truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from recsys.learners.ranking.learner import fit_predict
from recsys.project import Project
from recsys.project.contract import Context
from tests.relations import held, read

HITS = """
select user_id, count(*) as judged, sum((predicted = label)::integer) as correct
from (
    select
        scores.user_id,
        scores.track_id,
        (2 * row_number() over (
            partition by scores.user_id order by scores.score desc, priors.track_prior desc, scores.track_id
        ) <= count(*) over (partition by scores.user_id))::integer as predicted
    from {scores} as scores
    inner join {priors} as priors
        on scores.user_id = priors.user_id and scores.track_id = priors.track_id
) as predictions
inner join {labels} using (user_id, track_id)
group by user_id
"""
REAL = {"priors": "features.candidates", "labels": "staging.truth"}
VALIDATION = {"priors": "validation.features_candidates", "labels": "validation.labels"}

Hits = dict[str, Any]


def hits(
    connection: duckdb.DuckDBPyConnection, name: str, scores: str | pa.Table, on: Mapping[str, str] = REAL
) -> list[Hits]:
    """How many of each user's candidates a relation (user_id, track_id, score) predicts right.

    Rows ``model`` (the name), ``user_id``, ``judged``, ``correct``, as `recsys.evaluation.statistics.bootstrap`
    reads them, by the ranking rule.
    """
    if not isinstance(scores, str):
        connection.register("scored", scores)
    query = HITS.format(scores=scores if isinstance(scores, str) else "scored", **on)
    return [
        {"model": name, "user_id": user, "judged": judged, "correct": correct}
        for user, judged, correct in connection.execute(query).fetchall()
    ]


@dataclass(frozen=True)
class Examples:
    """What the ranker reads: ``real`` and ``validation`` candidates with features, ``labels`` of the latter."""

    real: pa.Table
    validation: pa.Table
    labels: pa.Table

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection) -> Examples:
        """From a warehouse that has a ranker."""
        relations = ("features.ranking", "validation.features_ranking", "validation.labels")
        return cls(*(_ordered(connection, name) for name in relations))

    def without(self, prefix: str) -> Examples:
        """Less the features whose names begin so."""
        left = [name for name in self.real.column_names if not name.startswith(prefix)]
        return replace(self, real=self.real.select(left), validation=self.validation.select(left))

    def joined(self, name: str, real: pa.Table, validation: pa.Table) -> Examples:
        """And a score (user_id, track_id, score), as it is, as rank within the user and less the user's mean."""
        both = ((self.real, real), (self.validation, validation))
        return Examples(*(_with_score(table, name, score) for table, score in both), self.labels)


KEY = ["user_id", "track_id"]
SCORE = """
select
    features.*,
    score as {name},
    percent_rank() over (partition by user_id order by score) as {name}_rank,
    score - avg(score) over (partition by user_id) as {name}_contrast
from features inner join scored using (user_id, track_id)
order by user_id, track_id
"""


def _with_score(features: pa.Table, name: str, scored: pa.Table) -> pa.Table:
    with duckdb.connect() as connection:
        connection.register("features", features)
        connection.register("scored", scored)
        return connection.sql(SCORE.format(name=name)).to_arrow_table()


def _ordered(connection: duckdb.DuckDBPyConnection, relation: str) -> pa.Table:
    return connection.sql(f"from {relation} order by user_id, track_id").to_arrow_table()


def reranked(
    connection: duckdb.DuckDBPyConnection, name: str, examples: Examples, seeds: Sequence[int] | None = None
) -> Iterator[Hits]:
    """The `hits` of the ranker that learns from these examples, added up over seeds; None: the project's."""
    settings = {**Project.load().parameters.get("ranker"), "importance_users": 1}
    inputs = held({"candidates": examples.real, "validation": examples.validation, "labels": examples.labels})
    added: dict[int, Hits] = {}
    for seed in seeds or [settings["seed"]]:
        made = read(fit_predict(inputs, settings | {"seed": seed}, Context(scratch=Path("unused"))))
        for row in hits(connection, name, made["scores.ranker"]):
            sums = added.setdefault(row["user_id"], row | {"judged": 0, "correct": 0})
            sums["judged"] += row["judged"]
            sums["correct"] += row["correct"]
    yield from added.values()
