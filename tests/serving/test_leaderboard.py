"""What commands and pages say of the leaderboard."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

import recsys
from recsys.backends.duckdb.connection import reading
from recsys.serving import evaluation
from recsys.serving.activity import activity_ranges
from recsys.serving.leaderboard import leaderboard
from recsys.serving.limitations import limited_list_models


def test_the_file_with_the_answers_has_the_name_it_has_in_this_data(
    small_warehouse: Path, tmp_path: Path
) -> None:
    """``marts.ground_truth`` names the Cup's file; imported data has a Parquet file in its place."""
    imported = Path(shutil.copy(small_warehouse, tmp_path / "imported.duckdb"))
    with duckdb.connect(str(imported)) as connection:
        before = {row["evaluated_on"] for row in leaderboard(connection)}
        connection.execute(
            "update marts.build set value = 'truth.parquet' where kind = 'input' and name = 'truth'"
        )
        after = {row["evaluated_on"] for row in leaderboard(connection)}
    assert after == {text.replace("truth2.txt", "truth.parquet") for text in before}
    assert any("truth.parquet" in text for text in after)


def test_groups_of_both_leaderboards_have_capital_letters(small_warehouse: Path) -> None:
    with reading(small_warehouse) as connection:
        letters = [row["group"] for row in leaderboard(connection) if row["accuracy"] is not None]
        of_lists = [row["group_letter"] for row in evaluation.leaderboard(connection)]
    assert letters[0] == of_lists[0] == "A"
    assert all(letter.isupper() for letter in (*letters, *of_lists))


@pytest.mark.parametrize(
    ("starts", "ranges"),
    [
        ([64, 0, 16], {0: "0 to 15", 16: "16 to 63", 64: "64+"}),
        ([1024, 4096], {1024: "1,024 to 4,095", 4096: "4,096+"}),
        ([0], {0: "0+"}),
        ([], {}),
    ],
)
def test_a_class_of_users_is_named_by_its_range(starts: list[int], ranges: dict[int, str]) -> None:
    assert activity_ranges(starts) == ranges


def test_list_models_that_are_left_out_or_limited_have_one_line_for_each_reason() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.list_leaderboard as select 'ease' as model")
        connection.execute(
            """
            create table marts.left_out as from (values
                ('lists.ease', 'covers the 5 most rated of 9 items'), ('lists.trending', 'the data have no times'),
                ('lists.neighbours', 'the data have no times'), ('scores.ranker', 'needs 50 users'),
                ('lists.ials', '--sql-only leaves the learned models out; build without it')
            ) as rows (model, reason)
            """
        )
        assert limited_list_models(connection) == [
            "ease covers the 5 most rated of 9 items",
            "neighbours, trending left out: the data have no times",
        ]


def test_imported_data_have_the_leaderboard_of_lists_with_popularity_and_users(
    films: Callable[[str], Path], small_warehouse: Path
) -> None:
    with recsys.open(films("likes")) as warehouse:
        rows = warehouse.leaderboard().to_arrow_table().to_pylist()
    assert [row["ndcg"] for row in rows] == sorted((row["ndcg"] for row in rows), reverse=True)
    assert {"popularity", "item_knn", "attributes"} <= {row["model"] for row in rows}
    assert sum(row["is_chosen"] for row in rows) == 1
    assert all(row["users"] > 0 and row["lower"] < row["upper"] for row in rows)
    with recsys.open(small_warehouse) as warehouse:
        assert "accuracy" in warehouse.leaderboard().columns


def test_recall_of_users_with_few_interactions_is_that_of_their_rows(films: Callable[[str], Path]) -> None:
    by_hand = """
        select avg(recall) from lists.validation
        where model = 'item_knn' and user_id in (
            select user_id from lists.interactions
            where (user_id, item_id) not in (from validation.list_held_out)
            group by user_id having count(*) <= 5
        )
    """
    with reading(films("likes")) as connection:
        rows = {
            row["model"]: row for row in evaluation.few_interactions(connection, ["item_knn", "popularity"])
        }
        assert rows["item_knn"]["recall"] == pytest.approx(connection.execute(by_hand).fetchone()[0])
        users = connection.execute("select count(distinct user_id) from lists.validation").fetchone()[0]
    assert rows.keys() == {"item_knn", "popularity"}
    assert rows["item_knn"]["users"] + rows["item_knn"]["other_users"] == users


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("ranker", 0.5, False), ("blend", 0.4, True)], "blend is not the first: "),
        ([("ranker", 0.5, True), ("blend", 0.4, False)], None),
        ([("ease", 0.5, False), ("ials", 0.5, True)], None),
        ([("popularity", None, True)], None),
        ([], None),
    ],
)
def test_a_chosen_list_model_that_is_not_the_first_has_a_reason(
    rows: list[tuple[str, float | None, bool]], expected: str | None
) -> None:
    names = ("model", "ndcg", "is_chosen")
    found = evaluation.why_not_the_first([dict(zip(names, row, strict=True)) for row in rows])
    assert found == expected or (expected is not None and found is not None and found.startswith(expected))
