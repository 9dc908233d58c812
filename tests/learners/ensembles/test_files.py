"""From a folder of submissions to a file that a competition accepts."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from recsys.errors import InputError, UsageError
from recsys.learners.ensembles.blend import METHODS
from recsys.learners.ensembles.files import BlendResult, run, write_submission
from recsys.sources.candidates import Candidates, read_candidates
from recsys.sources.submission_file import read_submission
from tests.bench.ensemble_pool import Simulation, simulate, write


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(1, users=300, submissions=12)


@pytest.fixture
def folder(simulation: Simulation, tmp_path: Path) -> Path:
    write(simulation, tmp_path / "pool")
    return tmp_path / "pool"


def blended(folder: Path, method: str = METHODS[0], skip_invalid: bool = False) -> BlendResult:
    paths = folder / "submissions", folder / "scores.csv", folder / "testItem2.txt"
    return run(*paths, folder / "blend.csv", method, skip_invalid)


@pytest.mark.parametrize("method", METHODS)
def test_a_blend_has_each_candidate_once_in_order_with_half_ones(
    folder: Path, simulation: Simulation, method: str
) -> None:
    outcome = blended(folder, method)
    header, *rows = (folder / "blend.csv").read_text().splitlines()
    assert header == "TrackID,Predictor"
    assert [row.partition(",")[0] for row in rows] == simulation.candidates.ids.to_pylist()
    marks = np.array([int(row.partition(",")[2]) for row in rows]).reshape(-1, 6)
    assert (marks.sum(axis=1) == 3).all()
    assert abs(simulation.accuracy(marks.ravel()) - outcome.accuracy) < 3 * outcome.uncertainty
    assert (outcome.users, outcome.candidates, outcome.method) == (300, 1800, method)


def test_the_outcome_lists_the_inputs_best_first_and_goes_to_json(folder: Path) -> None:
    outcome = blended(folder)
    accuracies = [each.accuracy for each in outcome.inputs]
    assert accuracies == sorted(accuracies, reverse=True)
    assert len(accuracies) == 12
    assert json.loads(json.dumps(outcome.as_json()))["inputs"][0]["file"] == outcome.inputs[0].file


def test_a_copy_has_no_weight_of_its_own(folder: Path) -> None:
    plain = blended(folder)
    text = (folder / "submissions" / "007.csv").read_text()
    (folder / "submissions" / "copy.csv.gz").write_bytes(gzip.compress(text.encode()))
    score = next(each.accuracy for each in plain.inputs if each.file == "007.csv")
    with (folder / "scores.csv").open("a") as scores:
        scores.write(f"copy.csv,{score}\n")
    copied = blended(folder)
    (copy,) = [each for each in copied.inputs if each.file == "copy.csv"]
    assert (copy.weight, copy.duplicate_of) == (None, "007.csv")
    assert {each.file: each.weight for each in copied.inputs if each is not copy} == {
        each.file: each.weight for each in plain.inputs
    }


def test_a_refused_file_stops_the_blend_unless_it_is_to_be_skipped(folder: Path) -> None:
    (folder / "submissions" / "003.csv").write_text("TrackID,Predictor\n1_1,1\n")
    with pytest.raises(InputError, match=r"003\.csv:2"):
        blended(folder)
    assert not (folder / "blend.csv").exists()
    outcome = blended(folder, skip_invalid=True)
    assert [name for name, _ in outcome.skipped] == ["003.csv"]
    assert len(outcome.inputs) == 11


def test_uneven_marks_are_warned_of(folder: Path) -> None:
    path = folder / "submissions" / "003.csv"
    path.write_text(path.read_text().replace(",0\n", ",1\n", 1))
    (warning,) = blended(folder).warnings
    assert warning.startswith("003.csv: 1 of 300 users")


def test_nothing_to_blend_is_refused(folder: Path) -> None:
    for path in (folder / "submissions").iterdir():
        path.unlink()
    with pytest.raises(UsageError, match="has no valid submission"):
        blended(folder, skip_invalid=True)


def test_running_twice_gives_the_same_file_even_within_the_folder(folder: Path) -> None:
    out = folder / "submissions" / "blend.csv"
    texts = []
    for _ in range(2):
        run(folder / "submissions", folder / "scores.csv", folder / "testItem2.txt", out)
        texts.append(out.read_bytes())
    assert texts[0] == texts[1]


@pytest.fixture
def candidates(folder: Path) -> Candidates:
    return read_candidates(folder / "testItem2.txt")


def test_what_is_written_is_read_back(tmp_path: Path, candidates: Candidates) -> None:
    liked = np.tile([True, False], 900)
    write_submission(tmp_path / "out.csv", candidates, liked)
    np.testing.assert_array_equal(read_submission(tmp_path / "out.csv", candidates), liked)


def test_a_place_that_cannot_be_written_is_refused_without_litter(
    tmp_path: Path, candidates: Candidates
) -> None:
    target = tmp_path / "target"
    target.mkdir()
    for path in (target, tmp_path / "none" / "out.csv"):
        with pytest.raises(UsageError, match="is a folder; give a file|its folder does not exist; create it"):
            write_submission(path, candidates, np.ones(1800, bool))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
