"""Of a relation that has a part for each model, only the parts that changed are made anew."""

from types import SimpleNamespace

import pytest

from recsys.backends.database import Limits
from recsys.backends.duckdb.database import Writer
from recsys.backends.partitions import Update, update
from recsys.engine.fingerprint import Fingerprint
from recsys.engine.plan import plan
from recsys.project import Project
from recsys.sources.directory import OPTIONAL

BY_MODEL = {"marts.predictions", "marts.probabilities", "marts.auc", "marts.user_accuracy"}


def part(sql):
    return SimpleNamespace(sql=sql, model=SimpleNamespace(header={"partition_by": "model"}))


PARTS = {"a": part("select 'a'"), "b": part("select 'b'")}


def test_parts_that_changed_are_replaced_and_those_that_are_gone_removed():
    made, before = {"a": "1", "b": "2"}, {"a": "1", "b": "0", "c": "3"}
    assert update(PARTS, made, before) == Update("model", ("b", "c"), ("select 'b'",))


@pytest.mark.parametrize("before", [{}, {"a": "0", "b": "0"}, {"c": "3"}])
def test_a_relation_of_which_nothing_stays_is_made_whole(before):
    assert update(PARTS, {"a": "1", "b": "2"}, before) is None


def test_a_fingerprint_without_parts_reads_as_before_there_were_any():
    old = '{"code": "", "inputs": {}, "parents": {}, "sql": "x"}'
    assert Fingerprint.from_json(old).as_json() == old


class Files(dict):
    """An input file of any name, always the same."""

    def __missing__(self, name):
        return SimpleNamespace(digest=name)


def steps_of(overrides=(), built=None):
    project = Project.load(overrides=overrides, present=OPTIONAL)
    return plan(project, project.graph(), Files(), built or {})


@pytest.fixture(scope="module")
def built():
    return {step.name: step.fingerprint for step in steps_of()}


def test_a_weight_of_one_model_replaces_the_rows_of_this_model(built):
    changed = {step.name: step.update for step in steps_of(["max_genre.album=0.05"], built) if step.runs}
    assert {name for name, one in changed.items() if one} == BY_MODEL
    for name in BY_MODEL:
        added = "".join(changed[name].added)
        assert ("max_genre" in changed[name].removed, "adaptive" in changed[name].removed) == (True, False)
        assert ("'max_genre'" in added, "'adaptive'" in added) == (True, False)


def test_what_all_models_read_replaces_everything(built):
    changed = {step.name: step.update for step in steps_of(["bayes.confidence=25"], built) if step.runs}
    assert changed["marts.predictions"] is None


def test_rows_are_replaced_in_the_database(tmp_path):
    writer = Writer(tmp_path / "w.duckdb", Limits(threads=1, memory="500MB"), tmp_path / "spill")
    writer.prepare(["marts"])
    writer.create("marts.p", "table", "select * from (values ('a', 1), ('b', 2), ('c', 3)) as t (model, x)")
    assert writer.update("marts.p", Update("model", ("b", "c"), ("select 'b' as model, 5 as x",)))
    assert writer.rows("from marts.p order by all") == [("a", 1), ("b", 5)]
    writer.close()
