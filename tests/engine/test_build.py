"""Builds as a whole: what runs again and why, what is published, and what a failed or killed build leaves."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from recsys.backends.duckdb.database import Writer
from recsys.engine import manifest
from recsys.engine.publish import Workplace
from recsys.errors import BuildError, UsageError
from tests.conftest import SMALL
from tests.given import build_sql, headed, write_directory

SQL = Path(__file__).parents[2] / "sql"
RATINGS = ("+priors.overall",)  # what reads the ratings and takes little time


@pytest.fixture
def data(tmp_path):
    return write_directory(tmp_path / "data", SMALL)


@pytest.fixture
def warehouse(tmp_path, small_warehouse):
    """A published warehouse of one's own, built from the data as the fixture `data` has them."""
    folder = tmp_path / "warehouse"
    folder.mkdir()
    return Path(shutil.copy(small_warehouse, folder / "w.duckdb"))


@pytest.fixture
def sql(tmp_path):
    """A folder of models of one's own."""
    return Path(shutil.copytree(SQL, tmp_path / "sql"))


def reasons(reporter):
    return {name: record.reason for name, record in reporter.finished_models.items()}


def litter(folder: Path):
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith((".lock", "compiled")))


class TestIncremental:
    def test_nothing_changed_runs_nothing(self, data, warehouse):
        before = warehouse.stat().st_mtime_ns
        assert reasons(build_sql(data, warehouse)) == {}
        assert warehouse.stat().st_mtime_ns == before

    def test_a_parameter_runs_what_uses_it_and_what_reads_that(self, data, warehouse):
        ran = reasons(build_sql(data, warehouse, overrides=("adaptive.album=0.6",)))
        assert ran["scores.adaptive"] == "its SQL or a parameter changed"
        assert ran["marts.predictions"] == "scores.adaptive changed"
        assert not {"scores.max_genre", "features.candidates", "staging.ratings"} & set(ran)

    def test_an_input_runs_what_reads_it(self, data, warehouse):
        (data / "truth2.txt").write_text("100|1|0\n")
        ran = reasons(build_sql(data, warehouse))
        assert ran["staging.truth"] == "the input truth changed"
        assert "marts.leaderboard" in ran
        assert not {"staging.ratings", "features.candidates", "scores.adaptive"} & set(ran)

    def test_unwanted_models_are_left_out_with_their_readers_and_what_only_they_read(self, data, warehouse):
        build_sql(data, warehouse, unwanted=("item_neighbours", "validation", "*_weights"))
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            names = "select name from marts.build where kind in ('table', 'view', 'temp', 'macro')"
            built = {name for (name,) in connection.sql(names).fetchall()}
            models = connection.sql("select model from marts.leaderboard").fetchall()
        assert {"scores.adaptive", "scores.content", "marts.predictions"} <= built
        assert (
            not {"scores.item_neighbours", "features.positions", "features.neighbours", "validation.ratings"}
            & built
        )
        assert ("item_neighbours",) not in models and ("adaptive",) in models

    def test_an_unwanted_model_is_left_out_of_the_validation_too(self, data, warehouse):
        build_sql(data, warehouse, unwanted=("item_neighbours",))
        built = manifest.read(warehouse)
        assert {"validation.scores_content", "marts.validation_accuracy"} <= built.keys()
        assert (
            not {"validation.scores_item_neighbours", "validation.features_candidate_neighbours"}
            & built.keys()
        )

    @pytest.mark.parametrize("unwanted", [("scores.*",), ("scores",), ("staging.candidates",)], ids=str)
    def test_a_build_without_any_model_is_refused_by_name(self, data, warehouse, unwanted):
        with pytest.raises(
            UsageError, match=f"--without '{re.escape(unwanted[0])}': leaves no model of scores"
        ):
            build_sql(data, warehouse, unwanted=unwanted)

    def test_an_unwanted_model_that_is_none_is_refused(self, data, warehouse):
        with pytest.raises(UsageError, match="--without no_such: no such model; list them with recsys graph"):
            build_sql(data, warehouse, unwanted=("no_such",))

    def test_temporaries_run_again_for_their_readers_alone(self, data, warehouse):
        (data / "testItem2.txt").write_text(SMALL["testItem2.txt"].replace("101|2\n4", "101|2\n3"))
        (data / "truth2.txt").write_text(SMALL["truth2.txt"].replace("101|4", "101|3"))
        ran = reasons(build_sql(data, warehouse))
        assert ran["staging.test_lines"] == "the input test changed"
        assert "staging.track_lines" not in ran

    def test_a_temporary_is_dropped_after_its_last_reader(self, data, tmp_path, monkeypatch):
        noted: list[tuple[str, str]] = []

        def note(method):
            whole = getattr(Writer, method)

            def noting(self, name, *rest):
                if method == "create" or name in self.there:
                    noted.append((method, name))
                return whole(self, name, *rest)

            monkeypatch.setattr(Writer, method, noting)

        note("create"), note("drop")
        build_sql(data, tmp_path / "new.duckdb")
        dropped = noted.index(("drop", "scratch.staging.track_lines"))
        readers = [noted.index(("create", name)) for name in ("staging.tracks", "staging.track_genres")]
        assert max(readers) < dropped < noted.index(("create", "marts.leaderboard"))
        made = {name for method, name in noted if method == "create" and name.startswith("scratch.")}
        assert made <= {name for method, name in noted if method == "drop"}

    def test_other_labels_do_not_read_the_ratings_again(self, data, warehouse):
        (data / "test2_new.txt").write_text("100|1|1\n")
        ran = reasons(build_sql(data, warehouse))
        assert ran["staging.labels"] == "the input labels changed"
        assert "staging.ratings" not in ran
        assert "hierarchy.track_lineage" not in ran

    def test_an_edited_model_runs(self, data, warehouse, sql):
        path = sql / "priors" / "overall.sql"
        path.write_text(path.read_text().replace("-- nulls", "-- rows: priors.overall\n-- nulls"))
        ran = reasons(build_sql(data, warehouse, sql=sql))
        assert ran["priors.overall"] == "its SQL or a parameter changed"
        assert "staging.ratings" not in ran

    def test_a_view_that_becomes_temporary_is_dropped(self, data, warehouse, sql):
        model = sql / "features" / "own.sql"
        select = "select user_id, item_id from {{ ref('staging.ratings') }}"
        for kind in ("view", "temp"):
            model.write_text(headed(select, key="user_id, item_id", materialized=kind))
            build_sql(data, warehouse, sql=sql)
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            found = connection.sql("select view_name from duckdb_views() where view_name = 'own'").fetchall()
        assert found == []

    def test_a_removed_model_is_dropped(self, data, warehouse, sql):
        (sql / "marts" / "fallback_coverage.sql").unlink()
        build_sql(data, warehouse, sql=sql)
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            with pytest.raises(duckdb.CatalogException):
                connection.sql("from marts.fallback_coverage")

    def test_a_full_refresh_runs_everything(self, data, warehouse):
        ran = reasons(build_sql(data, warehouse, full_refresh=True))
        assert set(ran.values()) == {"forced"} | {r for r in ran.values() if r.endswith("reads it")}
        assert "staging.ratings" in ran

    def test_a_plan_runs_nothing(self, data, warehouse):
        before = warehouse.read_bytes()
        reporter = build_sql(data, warehouse, plan_only=True, full_refresh=True)
        assert reporter.finished_models == {}
        assert warehouse.read_bytes() == before

    def test_selected_models_run_alone(self, data, warehouse):
        ran = reasons(build_sql(data, warehouse, selected=("scores.adaptive",)))
        assert ran == {"scores.adaptive": "selected"}

    def test_a_selected_model_without_its_inputs_is_refused(self, data, tmp_path):
        with pytest.raises(UsageError, match=r"--select \+features.candidates"):
            build_sql(data, tmp_path / "new.duckdb", selected=("features.candidates",))

    def test_what_a_selection_left_behind_runs_later(self, data, warehouse):
        build_sql(data, warehouse, selected=("priors.items",), overrides=("bayes.confidence=25",))
        ran = reasons(build_sql(data, warehouse, overrides=("bayes.confidence=25",)))
        assert "features.candidates" in ran
        assert "priors.items" not in ran


class TestFailure:
    def test_a_failing_model_is_named_by_line_and_column(self, data, warehouse, sql):
        path = sql / "priors" / "overall.sql"
        path.write_text(path.read_text().replace("coalesce(sum(rating)", "coalesce(sum(ratting)"))
        before = warehouse.read_bytes()
        with pytest.raises(BuildError) as caught:
            build_sql(data, warehouse, sql=sql)
        message = str(caught.value)
        line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if "ratting" in text)
        column = path.read_text().splitlines()[line - 1].index("ratting") + 1
        assert message.startswith(f"{path}:{line}:{column}: ")
        assert 'Referenced column "ratting" not found' in message
        assert f">  {line:>3} | " in message
        rendered = Path(message.splitlines()[-1].removeprefix("  rendered: "))
        assert "sum(ratting)" in rendered.read_text()
        assert warehouse.read_bytes() == before
        assert litter(warehouse.parent) == ["w.duckdb"]

    def test_a_check_that_finds_rows_fails_the_build(self, data, warehouse, sql):
        text = "-- grain: one\nselect user_id from {{ ref('staging.candidates') }}\n"
        (sql / "checks" / "broken.sql").write_text(text)
        with pytest.raises(BuildError, match="the check found 6 rows"):
            build_sql(data, warehouse, sql=sql)

    def test_a_relation_named_without_ref_is_refused_when_selected_alone(self, data, warehouse, sql):
        path = sql / "marts" / "own.sql"
        path.write_text(headed("select user_id as x\nfrom staging.candidates"))
        before = warehouse.read_bytes()
        with pytest.raises(BuildError, match=rf"^{path}:6: 'staging\.candidates' by its name"):
            build_sql(data, warehouse, sql=sql, selected=("marts.own",))
        assert warehouse.read_bytes() == before

    @pytest.mark.parametrize(
        ("package", "is_there"), [("jinja2", True), ("Jinja2", True), ("no-such-package", False)]
    )
    def test_packages_are_required_by_the_names_of_pip(self, data, warehouse, sql, package, is_there):
        (sql / "marts" / "own.sql").write_text(headed("select 1 as x", requires=package))
        ran = build_sql(data, warehouse, sql=sql).finished_models
        assert ("marts.own" in ran) is is_there

    def test_a_score_of_no_candidate_fails_the_build(self, data, warehouse, sql):
        path = sql / "scores" / "adaptive.sql"
        path.write_text(
            path.read_text().replace(
                "        track_id,\n        coalesce(\n",
                "        track_id + 1 as track_id,\n        coalesce(\n",
            )
        )
        with pytest.raises(BuildError, match="the check found"):
            build_sql(data, warehouse, sql=sql)


class TestPublishing:
    def test_readers_keep_the_old_warehouse_until_they_open_again(self, data, warehouse):
        with duckdb.connect(str(warehouse), read_only=True) as reader:
            before = reader.sql("from priors.overall").fetchall()
            (data / "trainItem2.txt").write_text("100|1\n10\t10\n")
            build_sql(data, warehouse, selected=RATINGS)
            assert reader.sql("from priors.overall").fetchall() == before
        with duckdb.connect(str(warehouse), read_only=True) as reader:
            assert reader.sql("from priors.overall").fetchall() == [(1, 10.0)]

    def test_a_second_build_says_that_one_is_at_work(self, data, warehouse):
        with Workplace(warehouse).held():
            with pytest.raises(UsageError, match=f"another build is running .process {os.getpid()}."):
                build_sql(data, warehouse)

    def test_what_a_killed_build_left_is_no_obstacle(self, data, warehouse):
        workplace = Workplace(warehouse)
        workplace.scratch.mkdir(parents=True)
        workplace.database.write_bytes(b"half a database")
        (workplace.folder / "spill").mkdir()
        (data / "truth2.txt").write_text("100|1|0\n")
        build_sql(data, warehouse)
        assert litter(warehouse.parent) == ["w.duckdb"]

    @pytest.mark.parametrize("byte_count", [0, 20_000])
    def test_what_is_left_of_a_warehouse_is_replaced_on_request(self, data, warehouse, byte_count):
        warehouse.write_bytes(warehouse.read_bytes()[:byte_count])
        build_sql(data, warehouse, full_refresh=True, selected=("+staging.candidates",))
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            assert connection.sql("select count(*) from staging.candidates").fetchall() == [(6,)]

    def test_a_stale_write_ahead_log_is_no_obstacle(self, data, warehouse):
        warehouse.with_name("w.duckdb.wal").write_bytes(b"of another file")
        build_sql(data, warehouse, selected=("+staging.candidates",))
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            assert connection.sql("select count(*) from staging.candidates").fetchall() == [(6,)]


def test_a_build_that_dies_while_it_publishes_leaves_the_old_warehouse(data, warehouse):
    (data / "trainItem2.txt").write_text("100|1\n10\t10\n")
    before = warehouse.read_bytes()
    script = (
        "import os, sys; from pathlib import Path; from recsys.engine import publish; "
        "publish.flushed = lambda path: os.kill(os.getpid(), 9); "
        "from tests.given import build_sql; build_sql(Path(sys.argv[1]), Path(sys.argv[2]), selected=sys.argv[3:])"
    )
    words = [sys.executable, "-c", script, data, warehouse, *RATINGS]
    died = subprocess.run(words, cwd=SQL.parent, check=False)
    assert died.returncode == -signal.SIGKILL
    assert warehouse.read_bytes() == before
    build_sql(data, warehouse, selected=RATINGS)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.sql("from priors.overall").fetchall() == [(1, 10.0)]
    assert litter(warehouse.parent) == ["w.duckdb"]


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGTERM, 143)],
)
def test_a_build_that_is_stopped_leaves_the_old_warehouse(data, warehouse, number, status):
    (data / "trainItem2.txt").write_text("100|1\n10\t10\n")
    before = warehouse.read_bytes()
    command = [
        sys.executable,
        "-m",
        "recsys",
        "build",
        "--sql-only",
        "--verbose",
        "--data",
        data,
        "--warehouse",
        warehouse,
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert any("staging." in line for line in process.stdout)
    process.send_signal(number)
    _, complaint = process.communicate(timeout=60)
    assert process.returncode == status
    assert "Traceback" not in complaint
    assert warehouse.read_bytes() == before
    build_sql(data, warehouse, selected=RATINGS)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.sql("from priors.overall").fetchall() == [(1, 10.0)]
    assert litter(warehouse.parent) == ["w.duckdb"]
