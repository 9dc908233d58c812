"""Lists in a build: for everybody, without what a user has, and hyperparameters that are kept while data grow little."""

from __future__ import annotations

from pathlib import Path

import duckdb

from recsys.engine.manifest import Record
from tests.conftest import SMALL
from tests.given import build_sql, write_directory


def rows(warehouse: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.sql(query).fetchall()


def test_every_user_has_a_list_of_items_that_are_new_to_the_user(small_warehouse: Path) -> None:
    users = "select count(distinct user_id) from {}"
    assert rows(small_warehouse, users.format("marts.recommendations")) == rows(
        small_warehouse, users.format("staging.ratings")
    )
    known = "select * from marts.recommendations semi join staging.ratings using (user_id, item_id)"
    assert rows(small_warehouse, known) == []
    gaps = "select user_id from marts.recommendations group by user_id having max(rank) <> count(*) or min(rank) <> 1"
    assert rows(small_warehouse, gaps) == []
    models = "select distinct model from marts.recommendations"
    assert rows(small_warehouse, models) == rows(small_warehouse, "select model from lists.chosen")


def test_list_models_that_are_left_out_have_a_reason(small_warehouse: Path) -> None:
    reasons = dict(rows(small_warehouse, "select model, reason from marts.left_out"))
    assert reasons["lists.trending"].startswith("the data have no times")
    assert "--sql-only" in reasons["lists.ease"]
    assert not any(reason.startswith("reads ") for reason in reasons.values())


def test_hyperparameters_are_kept_until_the_data_grew_by_a_fifth_or_the_user_asks(tmp_path: Path) -> None:
    data = write_directory(tmp_path / "data", SMALL)
    for name in ("testItem2.txt", "test2_new.txt", "truth2.txt"):
        (data / name).unlink()

    def build(**options: bool) -> dict[str, Record]:
        reporter = build_sql(data, tmp_path / "w.duckdb", no_candidates=True, **options)
        return reporter.finished_models

    assert "lists.settings" in build()
    few = SMALL["trainItem2.txt"].rstrip("\n") + "\n900|1\n1\t90\n"
    (data / "trainItem2.txt").write_text(few)
    again = build()
    assert "lists.items" in again
    assert "lists.settings" not in again
    assert "lists.settings" in build(tune=True)
    assert build() == {}
    many = few + "".join(f"{user}|1\n1\t90\n" for user in range(1000, 1100))
    (data / "trainItem2.txt").write_text(many)
    assert "lists.settings" in build()


def test_a_build_without_any_list_model_judges_none(small_data: Path, tmp_path: Path) -> None:
    unwanted = ("lists.interactions", "lists.attributes")  # what the others read, and the one that does not
    build_sql(small_data, tmp_path / "w.duckdb", unwanted=unwanted)
    assert rows(tmp_path / "w.duckdb", "select count(*) from lists.validation") == [(0,)]
    assert rows(tmp_path / "w.duckdb", "select count(*) from marts.list_leaderboard") == [(0,)]
