"""Builds on Spark: what changed runs, and a broken contract fails by file and line and publishes nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from recsys.engine import manifest
from recsys.errors import BuildError
from tests.backends.spark.conftest import GOOD, rows, write_models
from tests.given import Silent, build_sql, headed


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return write_models(tmp_path / "sql")


@pytest.fixture
def build(cluster: str, small_data: Path, models: Path, tmp_path: Path):
    def run(**options) -> Silent:
        given = {"engine": "spark", "spark_master": cluster, "sql": models, **options}
        return build_sql(small_data, tmp_path / "w.duckdb", **given)

    return run


def files(tmp_path: Path) -> set[str]:
    """The relations in the store, whatever build they are of."""
    return {folder.name for folder in (tmp_path / "w.duckdb.store").glob("*/*/*")}


def test_what_changed_runs_and_the_rest_is_kept(build, models: Path, tmp_path: Path) -> None:
    assert set(build().finished_models) == {"features.base", "features.doubled"}
    assert build().finished_models == {}
    doubled = models / "features" / "doubled.sql"
    doubled.write_text(doubled.read_text().replace("2 * y", "3 * y"))
    assert set(build().finished_models) == {"features.doubled"}
    assert rows(tmp_path / "w.duckdb", "from features.doubled order by x") == [(1, 7.5), (2, 10.5)]


def test_files_that_no_warehouse_reads_go_with_the_next_build(build, models: Path, tmp_path: Path) -> None:
    build()
    (models / "features" / "doubled.sql").unlink()
    build()
    assert files(tmp_path) == {
        "features.base",
        "features.doubled",
    }  # for readers that have the old warehouse open
    base = models / "features" / "base.sql"
    base.write_text(GOOD.replace("3.5", "4.5"))
    build()
    build(full_refresh=True)
    assert len([*(tmp_path / "w.duckdb.store").glob("*/*/features.base")]) == 2
    assert files(tmp_path) == {"features.base"}


def test_lost_files_are_made_again(build, tmp_path: Path) -> None:
    build()
    shutil.rmtree(next((tmp_path / "w.duckdb.store").glob("*/*/features.doubled")))
    assert set(build().finished_models) == {"features.doubled"}


def test_another_engine_begins_anew(build, tmp_path: Path) -> None:
    build()
    assert len(build(engine="duckdb").finished_models) == 2
    assert "store" not in manifest.published(tmp_path / "w.duckdb")[0]
    assert len(build().finished_models) == 2


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("doubled", headed("select 1 as x, 2 as y union all select 1, 2"), "doubled.sql:2: features.doubled: 2 rows with the key x = 1"),
        ("doubled", headed("select 1 as x, null::integer as y"), "doubled.sql:4: features.doubled: 1 of 1 rows without a value in y"),
        ("doubled", headed("select x\n    , 1 // (x - 1) as y\nfrom {{ ref('features.base') }}"), "doubled.sql:6:"),
        ("doubled", headed("select x,\n    missing as y\nfrom {{ ref('features.base') }}"), "doubled.sql:6:5: "),
        ("doubled", headed("select x,\n    hash(y) as y\nfrom {{ ref('features.base') }}"), "doubled.sql:6:5: hash"),
        ("doubled", headed("select x,\n    case when y > 3 then error('no luck') else y end as y\nfrom {{ ref('features.base') }}"), "no luck"),
    ],
)  # fmt: skip
def test_a_model_that_fails_is_named_and_nothing_is_published(
    build, models: Path, tmp_path: Path, file: str, text: str, complaint: str
) -> None:
    build()
    (models / "features" / f"{file}.sql").write_text(text)
    with pytest.raises(BuildError) as refusal:
        build()
    assert complaint in str(refusal.value)
    assert "at org.apache" not in str(refusal.value)
    assert rows(tmp_path / "w.duckdb", "from features.doubled order by x") == [(1, 5), (2, 7)]
    build(selected=("features.base",))
    assert files(tmp_path) == {"features.base", "features.doubled"}


def test_a_check_that_finds_rows_fails_the_build(build, models: Path, tmp_path: Path) -> None:
    check = headed("select x from {{ ref('features.base') }} where x > 1", materialized="check")
    (models / "checks" / "no_two.sql").write_text(check)
    with pytest.raises(BuildError, match=r"no_two.sql: the check found 1 rows, such as \(2,\)"):
        build()
    assert not (tmp_path / "w.duckdb").exists()


ALS = """
[als]
solver = "auto"              # auto | local | spark: what factorises
rank = 2                     # 1..: factors
iterations = 2               # 1..: alternations
regularization = 0.1         # 0.0..: penalty
seed = 1                     # 0..: of the start
"""
RATED = """
select user_id, item_id, 'track' as level, 40 + (3 * user_id + item_id) % 50 as rating
from (select unnest(range(12)) as user_id) as users cross join (select unnest(range(9)) as item_id) as items"""
PAIRS = (
    "select user_id, item_id as track_id, level, item_id from {{ ref('features.rated') }} where item_id < 5"
)
LEARNER = (
    "{{ learner('als.learner.fit_predict', ratings=ref('features.rated'), pairs=ref('features.pairs'), "
    "settings=var('als')) }}"
)


def test_a_learner_writes_frames_to_the_store(build, models: Path, tmp_path: Path) -> None:
    with (models / "parameters.toml").open("a") as parameters:
        parameters.write(ALS)
    pair = "user_id, track_id, level, item_id"
    for name, text, key in (
        ("rated", RATED, "user_id, item_id"),
        ("pairs", PAIRS, pair),
        ("als_predictions", LEARNER, pair),
    ):
        (models / "features" / f"{name}.sql").write_text(headed(text, key=key))
    assert "features.als_predictions" in build(sql_only=False).finished_models
    query = "select count(*), min(prediction) > 0, max(prediction) < 120 from features.als_predictions"
    assert rows(tmp_path / "w.duckdb", query) == [(60, True, True)]
    assert len([*(tmp_path / "w.duckdb.store").glob("*/*/features.als_predictions/_SUCCESS")]) == 1
