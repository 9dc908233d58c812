"""Prior submissions in a data directory: read, refused, audited, and blended with the project's own models."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from recsys.engine import availability
from recsys.errors import InputError
from tests.conftest import SMALL
from tests.given import build_sql, write_directory

GOOD = "TrackID,Predictor\n100_1,1\n100_3,0\n100_4,0\n100_5,1\n101_4,1\n101_99,0\n"
UNEVEN = "1\n1\n1\n0\n0\n1\n"


def stored(warehouse: Path, query: str):
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.sql(query).fetchall()


def data_with(folder: Path, submissions: dict[str, str]) -> Path:
    data = write_directory(folder / "data", SMALL)
    (data / "submissions").mkdir()
    for name, text in submissions.items():
        (data / "submissions" / name).write_text(text)
    return data


@pytest.fixture
def only_heuristics(monkeypatch) -> None:
    """No package of the learners is there: what is left are the models in SQL and their ensemble."""
    monkeypatch.setattr(availability, "_is_installed", lambda package: package == "numpy")


def test_submissions_and_their_scores_are_staged(tmp_path):
    scores = "file,score\ngood.csv,0.9\nuneven.txt,0.6\n"
    data = data_with(tmp_path, {"good.csv": GOOD, "uneven.txt": UNEVEN, "scores.csv": scores})
    build_sql(data, tmp_path / "w.duckdb")
    query = "select file, score from staging.submission_scores order by file"
    assert stored(tmp_path / "w.duckdb", query) == [("good.csv", 0.9), ("uneven.txt", 0.6)]
    query = "select user_id, track_id, score from staging.submissions where file = 'good.csv' order by all"
    assert stored(tmp_path / "w.duckdb", query)[:2] == [(100, 1, 1.0), (100, 3, 0.0)]
    query = (
        'select "count", example from marts.data_quality where "check" = \'submitted_users_not_marked_half\''
    )
    assert stored(tmp_path / "w.duckdb", query) == [(1, "uneven.txt user 100")]


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"good.csv": GOOD}, r"scores\.csv"),
        ({"good.csv": GOOD, "scores.csv": ""}, r"good\.csv: expected a score"),
        ({"good.csv": GOOD + "100_1,1\n", "scores.csv": "good.csv,0.9\n"}, r"good\.csv:8: '100_1,1'"),
        ({"good.csv": GOOD.replace("101_99", "101_98"), "scores.csv": "good.csv,0.9\n"}, r"good\.csv:7: "),
    ],
)
def test_a_bad_submission_is_refused_by_name_and_line(tmp_path, files, complaint):
    with pytest.raises(InputError, match=complaint):
        build_sql(data_with(tmp_path, files), tmp_path / "w.duckdb")


@pytest.mark.usefixtures("only_heuristics")
def test_the_ensemble_blends_models_and_submissions(tmp_path):
    data = data_with(tmp_path, {"adaptive.csv": GOOD, "scores.csv": "adaptive.csv,0.9\n"})
    build_sql(data, tmp_path / "w.duckdb", sql_only=False)
    weights = stored(tmp_path / "w.duckdb", "select name, kind, origin, accuracy from marts.ensemble_weights")
    assert ("adaptive.csv", "submission", "published", 0.9) in weights
    assert ("adaptive", "model", "published", 0.9) in weights
    assert "estimated" not in {origin for _, _, origin, _ in weights}  # one labelled user tells no error
    rows = stored(tmp_path / "w.duckdb", "from submission('ensemble')")
    assert [track for track, _ in rows] == ["100_1", "100_3", "100_4", "100_5", "101_4", "101_99"]
    assert [marked for _, marked in rows[4:]] in ([1, 0], [0, 1])
    assert sum(marked for _, marked in rows[:4]) == 2


@pytest.mark.usefixtures("only_heuristics")
def test_without_labels_and_submissions_all_models_count_the_same(tmp_path):
    files = {name: text for name, text in SMALL.items() if name not in ("test2_new.txt", "truth2.txt")}
    data = write_directory(tmp_path / "data", files)
    build_sql(data, tmp_path / "w.duckdb", sql_only=False)
    rows = stored(tmp_path / "w.duckdb", "select origin, weight from marts.ensemble_weights")
    assert len(rows) > 5
    assert rows == [("assumed", pytest.approx(1 / len(rows), abs=1e-5))] * len(rows)
    assert stored(tmp_path / "w.duckdb", "select distinct evaluated_on from marts.leaderboard") == [
        ("no labels",)
    ]


@pytest.mark.usefixtures("only_heuristics")
def test_a_submission_named_like_a_model_tells_its_accuracy_without_any_label(tmp_path):
    data = data_with(tmp_path, {"adaptive.csv": GOOD, "scores.csv": "adaptive.csv,0.9\n"})
    (data / "test2_new.txt").unlink()
    build_sql(data, tmp_path / "w.duckdb", sql_only=False)
    query = "select kind, name, origin from marts.ensemble_weights where accuracy is not null order by kind"
    assert stored(tmp_path / "w.duckdb", query) == [
        ("model", "adaptive", "published"),
        ("submission", "adaptive.csv", "published"),
    ]


@pytest.mark.usefixtures("only_heuristics")
def test_of_two_submissions_named_like_a_model_neither_tells_its_accuracy(tmp_path):
    files = {"adaptive.csv": GOOD, "adaptive.txt": GOOD, "scores.csv": "adaptive.csv,0.9\nadaptive.txt,0.8\n"}
    data = data_with(tmp_path, files)
    (data / "test2_new.txt").unlink()
    build_sql(data, tmp_path / "w.duckdb", sql_only=False)
    query = "select kind, name from marts.ensemble_weights where accuracy is not null order by name"
    assert stored(tmp_path / "w.duckdb", query) == [
        ("submission", "adaptive.csv"),
        ("submission", "adaptive.txt"),
    ]
