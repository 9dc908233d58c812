"""A name of an earlier version fails with one line that gives the new name."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

import recsys
from recsys.backends.duckdb.connection import reading
from recsys.engine.selection import select
from recsys.errors import BuildError, RecsysError, UsageError
from recsys.project import Project
from recsys.project.files import shipped
from recsys.project.renamed import new_parameter, new_relation, query_error
from recsys.serving.interactive import run

NAMES = tomllib.loads((shipped() / "renamed.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def project() -> Project:
    return Project.load(present=("train", "test", "labels", "truth"))


def test_every_new_name_is_there_and_no_old_one(project: Project) -> None:
    parameters = project.parameters.flat()
    assert {*NAMES["parameters"].values()} <= parameters.keys()
    assert not NAMES["parameters"].keys() & parameters.keys()
    assert {*NAMES["relations"].values(), *NAMES["macros"].values()} <= project.writers.keys()
    assert not {*NAMES["relations"], *(f"main.{old}" for old in NAMES["macros"])} & project.writers.keys()
    assert not {*NAMES["schemas"]} & project.schemas


@pytest.mark.parametrize(("old", "new"), sorted(NAMES["parameters"].items()))
def test_set_gives_the_new_name_of_a_parameter(old: str, new: str) -> None:
    with pytest.raises(UsageError, match=f"^--set {old}=3: {old} is now {new}$"):
        Project.load(overrides=[f"{old}=3"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("practice.labels", "validation.labels"),
        ("practice.draws", "validation.negative_draws"),
        ("practice", "validation"),
        ("judged", "marts.ground_truth"),
        ("staging.audit", "marts.data_quality"),
        ("main.near", "internal.neighbours_of"),
    ],
)
def test_select_gives_the_new_name_of_a_relation(project: Project, old: str, new: str) -> None:
    with pytest.raises(UsageError, match=f"^--select {old}: {old} is now {new}$"):
        select(project, project.graph(), [f"+{old}"])


def test_a_model_with_an_old_name_fails_with_file_line_and_the_new_name(tmp_path: Path) -> None:
    root = tmp_path / "sql"
    shutil.copytree(shipped(), root)
    header = "-- grain: a check\n-- key: example\n-- units: text\n-- nulls: none\n"
    model = root / "marts" / "mine.sql"
    model.write_text(f"{header}select example from {{{{ ref('staging.audit') }}}}\n", encoding="utf-8")
    with pytest.raises(BuildError, match=r"mine\.sql:5: .*staging\.audit is now marts\.data_quality$"):
        Project.load(root, present=("train", "test")).graph()


QUERIES = [
    ("from marts.judged", "judged is now marts.ground_truth"),
    ("select *\nfrom practice.labels\nlimit 3", "practice.labels is now validation.labels"),
    ("select count(*) from near(1, 3)", "near is now internal.neighbours_of"),
]


@pytest.mark.parametrize(("query", "expected"), QUERIES)
def test_a_query_with_an_old_name_gets_the_new_one(small_warehouse: Path, query: str, expected: str) -> None:
    with reading(small_warehouse) as connection, pytest.raises(UsageError, match=f"^{expected}"):
        list(run(connection, query, lambda share: None))
    with recsys.open(small_warehouse) as warehouse, pytest.raises(RecsysError, match=f"^{expected}"):
        warehouse.sql(query)


def test_other_mistakes_keep_their_message(small_warehouse: Path) -> None:
    with recsys.open(small_warehouse) as warehouse, pytest.raises(RecsysError, match="nosuch does not exist"):
        warehouse.sql("from marts.nosuch join marts.auc using (model)")
    message = 'Binder Error: Referenced column "practice" not found'
    assert query_error(message) == message


def test_a_name_of_today_has_no_other() -> None:
    assert new_relation("marts.leaderboard") is new_relation("marts") is new_parameter("als.rank") is None
