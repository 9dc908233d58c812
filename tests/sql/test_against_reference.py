"""The SQL models against an independent implementation in plain Python, on random small hierarchies."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings

from tests import hierarchies, reference
from tests.given import build_sql

CONFIDENCE = 10


def rows(connection, query):
    relation = connection.sql(query)
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


@settings(max_examples=12, deadline=None, derandomize=True)
@given(dataset=hierarchies.datasets(), form=hierarchies.forms())
def test_features_scores_and_ranks_equal_the_reference(dataset, form):
    with tempfile.TemporaryDirectory() as folder:
        data, warehouse = Path(folder) / "data", Path(folder) / "w.duckdb"
        data.mkdir()
        hierarchies.write(data, dataset, form)
        build_sql(data, warehouse, selected=("+marts.predictions",))
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            compare_ratings(connection, dataset)
            compare_features(connection, dataset)
            compare_scores(connection, dataset)


def compare_ratings(connection, dataset):
    found = connection.sql("select user_id, item_id, rating from staging.ratings order by seq").fetchall()
    assert found == [(user, item, rating) for (user, item), rating in dataset.ratings.items()]


def compare_features(connection, dataset):
    expected = reference.features(dataset, CONFIDENCE)
    found = rows(
        connection,
        "select f.* from features.candidates f join staging.candidates c using (user_id, track_id) "
        "order by c.position",
    )
    assert len(found) == len(expected)
    for found_row, expected_row in zip(found, expected, strict=True):
        assert set(found_row) == set(expected_row)
        for column, value in expected_row.items():
            assert found_row[column] == (
                pytest.approx(value, abs=1e-9) if isinstance(value, float) else value
            )


def compare_scores(connection, dataset):
    priors = [row["track_prior"] for row in reference.features(dataset, CONFIDENCE)]
    for model, expected in reference.scores(dataset, CONFIDENCE).items():
        found = rows(
            connection,
            "select p.* from marts.predictions p join staging.candidates c using (user_id, track_id) "
            f"where p.model = '{model}' order by c.position",
        )
        scores = [row["score"] for row in found]
        assert scores == pytest.approx(expected, abs=1e-9)
        ranks = reference.ranks(dataset.candidates, scores, priors)
        assert [row["rank"] for row in found] == ranks
        assert [row["predicted"] for row in found] == reference.predicted(dataset.candidates, ranks)
