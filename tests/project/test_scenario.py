"""The shipped models over other inputs give what they give when those are the inputs."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from tests.conftest import SMALL
from tests.given import build_sql, write_directory

SQL = Path(__file__).parents[2] / "sql"
HEURISTICS = ("adaptive", "weighted_average", "weighted_average_bayes", "max_genre", "max_genre_bayes")
CANDIDATES = """-- grain: one pair
-- key: user_id, track_id
-- units: ids, position from 1
-- nulls: none
with

pairs as (
    select * from (values (100, 2, 1), (100, 4, 2), (101, 1, 3), (101, 3, 4)) as t(user_id, track_id, position)
),

final as (
    select user_id, track_id, position from pairs
)

select * from final
"""
RATINGS = """-- grain: one rating that is kept
-- key: user_id, item_id
-- units: rating 0..100
-- nulls: none
with

ratings as (
    select * from {{ ref('staging.ratings') }}
),

final as (
    select * from ratings where item_id not in (2, 21)
)

select * from final
"""
SECTION = """
[other]
replacing = { "staging.ratings" = "other.ratings", "staging.candidates" = "other.candidates" }
targets = ["features.candidates", "scores.*"]
"""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse whose schema ``other`` has the models over other candidates and fewer ratings."""
    folder = tmp_path_factory.mktemp("both")
    sql = shutil.copytree(SQL, folder / "sql")
    (sql / "other").mkdir(exist_ok=True)
    (sql / "other" / "candidates.sql").write_text(CANDIDATES)
    (sql / "other" / "ratings.sql").write_text(RATINGS)
    with (sql / "scenarios.toml").open("a") as file:
        file.write(SECTION)
    data = write_directory(folder / "data", SMALL)
    build_sql(data, folder / "w.duckdb", sql=sql)
    return folder / "w.duckdb"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse of those candidates and ratings and no others."""
    folder = tmp_path_factory.mktemp("alone")
    files = {
        **{name: text for name, text in SMALL.items() if not name.startswith(("test2", "truth"))},
        "trainItem2.txt": "100|3\n10\t90\n30\t70\n22\t0\n101|1\n31\t100\n",
        "testItem2.txt": "100|2\n2\n4\n101|2\n1\n3\n",
    }
    build_sql(write_directory(folder / "data", files), folder / "w.duckdb")
    return folder / "w.duckdb"


@pytest.mark.parametrize("name", HEURISTICS)
def test_a_score_of_other_candidates_is_what_the_model_gives_them(both: Path, alone: Path, name: str) -> None:
    order = "order by user_id, track_id"
    found = _rows(both, f"select user_id, track_id, score from other.scores_{name} {order}")
    expected = _rows(alone, f"select user_id, track_id, score from scores.{name} {order}")
    assert (
        [row[:2] for row in found]
        == [row[:2] for row in expected]
        == [(100, 2), (100, 4), (101, 1), (101, 3)]
    )
    assert [row[2] for row in found] == pytest.approx([row[2] for row in expected], abs=1e-9)
    assert len({row[2] for row in found}) > 1


def test_the_originals_are_as_they_were(both: Path, small_warehouse: Path) -> None:
    query = "select * from scores.adaptive order by all"
    assert _rows(both, query) == _rows(small_warehouse, query)


def test_a_twin_is_on_record_and_runs_only_when_it_must(both: Path) -> None:
    query = "select kind, row_count from marts.build where name = 'other.features_candidates'"
    assert _rows(both, query) == [("table", 4)]
    again = build_sql(both.parent / "data", both, sql=both.parent / "sql")
    assert again.finished_models == {}
    path = both.parent / "sql" / "other" / "ratings.sql"
    path.write_text(path.read_text().replace("(2, 21)", "(2, 21, 22)"))
    ran = build_sql(both.parent / "data", both, sql=both.parent / "sql").finished_models
    assert ran["other.features_candidates"].reason.startswith("other.")
    assert "features.candidates" not in ran


def _rows(warehouse: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.sql(query).fetchall()
