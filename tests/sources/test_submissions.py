"""Prior submissions in every accepted form, and every way to refuse one."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recsys.errors import InputError, UsageError
from recsys.sources import submission_file
from recsys.sources.candidates import Candidates, read_candidates
from recsys.sources.published_scores import read_scores
from recsys.sources.submission_file import read_submission
from recsys.sources.submissions import read_submissions

TEST_FILE = "7|4\n10\n11\n12\n13\n5|2\n20\n10\n"
IDS = ["7_10", "7_11", "7_12", "7_13", "5_20", "5_10"]
MARKS = [1, 0, 1, 0, 1, 0]
ROWS = [f"{name},{mark}" for name, mark in zip(IDS, MARKS, strict=True)]
ODD_ROWS = [
    "TrackID,Predictor",
    "7_10,0.5",
    "7_10, 1",
    "7_10,+1",
    "7_10,.5",
    "7_10,5.",
    "7_10,0x1",
    "7_10,inf",
]
ODD_ROWS += [
    "9_9,1",
    "1",
    "0",
    "0.5",
    "",
    " ",
    '"7_10",1',
    '"7_10,1',
    '7_10",1',
    '"7_10"",1',
    '"7_10,1"',
    "7_10\t,1",
    "\ufeff7_10,1",
    "a\rb",
]


@pytest.fixture
def candidates(tmp_path: Path) -> Candidates:
    return read_candidates(file(tmp_path, "testItem2.txt", TEST_FILE))


def file(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    data = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def lines(*rows: str) -> str:
    return "".join(f"{row}\n" for row in rows)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("testItem2.txt", TEST_FILE),
        ("testItem2.txt.gz", TEST_FILE),
        ("testItem2.txt", "\ufeff" + TEST_FILE.replace("\n", "\r\n")),
        ("testItem2.txt", TEST_FILE.removesuffix("\n")),
    ],
)
def test_candidates_keep_the_order_of_the_test_file(tmp_path: Path, name: str, text: str) -> None:
    listed = read_candidates(file(tmp_path, name, text))
    assert listed.ids.to_pylist() == IDS
    assert listed.starts.tolist() == [0, 4]


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("10\n", 1, "a header"),
        ("7|3\n10\n11\n12\n", 1, "an even count"),
        ("7|two\n", 1, "a header"),
        ("x|2\n10\n11\n", 1, "a header"),
        ("7|2\n10\n", 1, "as many lines as the header counts, found 1"),
        ("7|4\n10\n5|2\n20\n10\n", 1, "as many lines"),
        ("7|2\n10\n11\n12\n", 4, "a header"),
        ("7|2\n10\n10\n", 3, "each track once for user 7"),
        ("7|2\n10\n11\n7|2\n12\n13\n", 4, "one header per user"),
        ("7|2\n10\nabc\n", 3, "a track id"),
        ("", None, "candidates, found none"),
    ],
)
def test_broken_candidates_are_named(tmp_path: Path, text: str, line: int | None, expected: str) -> None:
    with pytest.raises(InputError, match=expected) as refusal:
        read_candidates(file(tmp_path, "testItem2.txt", text))
    assert refusal.value.line == line


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("header.csv", lines("TrackID,Predictor", *ROWS)),
        ("none.csv", lines(*ROWS)),
        ("unfinished.csv", lines(*ROWS).removesuffix("\n")),
        ("packed.csv.gz", lines("TrackID,Predictor", *ROWS)),
        ("windows.csv", "\ufeff" + lines("TrackID,Predictor", *ROWS).replace("\n", "\r\n")),
        ("reversed.csv", lines(*ROWS[::-1])),
        ("blank_end.csv", lines(*ROWS) + "\n\n"),
        ("spaced.csv", lines(*(row.replace(",", ", ") for row in ROWS))),
        (
            "by_r.csv",
            lines('"TrackID","Predictor"', *(f'"{n}",{m}' for n, m in zip(IDS, MARKS, strict=True))),
        ),
        (
            "quoted.csv",
            lines('"TrackID","Predictor"', *(f'"{n}","{m}"' for n, m in zip(IDS, MARKS, strict=True))),
        ),
        (
            "some_quoted.csv",
            lines(*ROWS[::2], *(f'"{n}",{m}' for n, m in [*zip(IDS, MARKS, strict=True)][1::2])),
        ),
        ("bare.csv", lines(*map(str, MARKS))),
        ("bare_header.csv", lines("Predictor", *map(str, MARKS))),
        ("bare_windows.csv", "\ufeff" + lines(*map(str, MARKS)).replace("\n", "\r\n")),
        ("bare_reals.csv.gz", lines(*(f"{mark}.0" for mark in MARKS))),
    ],
)
def test_every_form_is_read_in_the_order_of_the_test_file(
    tmp_path: Path, candidates: Candidates, name: str, text: str
) -> None:
    assert read_submission(file(tmp_path, name, text), candidates).tolist() == MARKS


def test_continuous_scores_keep_their_values(tmp_path: Path, candidates: Candidates) -> None:
    scores = [0.25, -1e-3, 12.0, 0.5, 1e5, -0.0]
    text = lines("TrackID,Predictor", *(f"{name},{score}" for name, score in zip(IDS, scores, strict=True)))
    assert read_submission(file(tmp_path, "scores.csv", text), candidates).tolist() == scores


@pytest.mark.parametrize(
    ("text", "line", "offending", "expected"),
    [
        (lines(*ROWS[1:]), None, "7_10", "a row for each of 6 candidates, found 1 without"),
        (lines(*ROWS[:-2]), None, "5_20", "found 2 without"),
        ("", None, "7_10", "found 6 without"),
        (lines("TrackID,Predictor"), None, "7_10", "found 6 without"),
        (lines(*ROWS, "5_11,1"), 7, "5_11,1", "a user and track of the test file"),
        (lines(*ROWS[:-1], "5_11,1"), 6, "5_11,1", "a user and track of the test file"),
        (lines(*ROWS, ROWS[0]), 7, "7_10,1", "each candidate once"),
        (lines(*ROWS[:-1], ROWS[0]), 6, "7_10,1", "each candidate once"),
        (lines("7-10,1", *ROWS[1:]), 1, "7-10,1", "TrackID <user>_<track>"),
        (lines(ROWS[0], "7_011,0", *ROWS[2:]), 2, "7_011,0", "a user and track of the test file"),
        (lines(ROWS[0], "7_11.0,0", *ROWS[2:]), 2, "7_11.0,0", "TrackID <user>_<track>"),
        (lines(*ROWS[:3], "7.13e2,0", *ROWS[4:]), 4, "7.13e2,0", "TrackID <user>_<track>"),
        (lines(*ROWS[:3], "", *ROWS[3:]), 4, "", "TrackID,Predictor"),
        (lines("7_10,nan", *ROWS[1:]), 1, "7_10,nan", "a finite number"),
        (lines("7_10,-inf", *ROWS[1:]), 1, "7_10,-inf", "a finite number"),
        (lines("7_10,1e999", *ROWS[1:]), 1, "7_10,1e999", "a finite number"),
        (lines("7_10,1_0", *ROWS[1:]), 1, "7_10,1_0", "a finite number"),
        (lines("7_10,", *ROWS[1:]), 1, "7_10,", "a finite number"),
        (lines("7_10,1,1", *ROWS[1:]), 1, "7_10,1,1", "a finite number"),
        (lines("1", "0", "1", "0", "1"), None, "5_10", "found 1 without"),
        (lines("1", "0", "1", "0", "1", "0", "1"), 7, "1", "6 rows, one for each candidate"),
        (lines("1", "0", "0.5", "0", "1", "0"), 3, "0.5", "0 or 1"),
        (lines("nan", "0", "1", "0", "1", "0"), 1, "nan", "a finite number"),
        (lines("1", *ROWS[1:]), 2, ROWS[1], "a finite number"),
        (lines(ROWS[0], "0", *ROWS[2:]), 2, "0", "TrackID <user>_<track>"),
        (lines(*ROWS).encode("utf-16"), 1, None, "ASCII"),
        (lines("Träck,Score", *ROWS), 1, None, "ASCII"),
        (lines(*ROWS).encode().replace(b"7_11", b"7_\x0011"), 2, "7_\x0011,0", "TrackID <user>_<track>"),
    ],
)
def test_a_broken_submission_is_named_by_line_and_id(
    tmp_path: Path,
    candidates: Candidates,
    text: str | bytes,
    line: int | None,
    offending: str | None,
    expected: str,
) -> None:
    with pytest.raises(InputError) as refusal:
        read_submission(file(tmp_path, "broken.csv", text), candidates)
    assert expected in refusal.value.expected
    assert refusal.value.line == line
    assert offending is None or refusal.value.text == offending
    assert "broken.csv" in str(refusal.value)


def test_a_cut_gzip_file_is_refused(tmp_path: Path, candidates: Candidates) -> None:
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(gzip.compress(lines(*ROWS).encode())[:-9])
    with pytest.raises(InputError, match="gzip"):
        read_submission(path, candidates)


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path, candidates: Candidates) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(InputError, match="readable"):
            read_submission(path, candidates)


@given(
    rows=st.lists(
        st.sampled_from(
            [*ROWS, *ODD_ROWS],
        ),
        max_size=8,
    ),
    whole=st.booleans(),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
def test_the_column_reader_takes_nothing_that_the_line_reader_refuses(
    tmp_path: Path, candidates: Candidates, rows: list[str], whole: bool, ending: str
) -> None:
    text = "".join(f"{row}{ending}" for row in (ROWS + rows if whole else rows))
    path = file(tmp_path, "either.csv", text)
    quick = submission_file._by_columns(path, candidates)
    if quick is not None:
        np.testing.assert_array_equal(quick, submission_file._by_lines(path, candidates))


def test_a_plain_file_takes_the_quick_way(tmp_path: Path, candidates: Candidates) -> None:
    path = file(tmp_path, "plain.csv", lines("TrackID,Predictor", *ROWS))
    assert submission_file._by_columns(path, candidates) is not None


@pytest.mark.parametrize("header", ["", "file,score\n", "\ufefffile,score\r\n"])
def test_scores_are_read_with_their_lines(tmp_path: Path, header: str) -> None:
    path = file(tmp_path, "scores.csv", header + 'a.csv,0.871\n"b, é.csv",.5\n')
    first = 2 if header else 1
    assert read_scores(path) == {"a.csv": (0.871, first), "b, é.csv": (0.5, first + 1)}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a.csv,87.1\n", 1),
        ("a.csv,nan\n", 1),
        ("file,score\na.csv\n", 2),
        ("a.csv,0.8\nb.csv,high\n", 2),
        ("a.csv,0.8,public\n", 1),
        ("a.csv,0.8\na.csv,0.8\n", 2),
        (b"a.csv,0.8\n\xff\xfe,0.8\n", 2),
    ],
)
def test_broken_scores_are_named(tmp_path: Path, text: str | bytes, line: int) -> None:
    with pytest.raises(InputError) as refusal:
        read_scores(file(tmp_path, "scores.csv", text))
    assert refusal.value.line == line


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two good submissions, one of them compressed, and things that are no submissions."""
    folder = tmp_path / "submissions"
    (folder / "old").mkdir(parents=True)
    file(folder, "a.csv", lines(*ROWS))
    file(folder, "b.csv.gz", lines("1", "1", "1", "0", "0", "0"))
    file(folder, ".hidden", "?")
    file(folder, "scores.csv", "file,score\na.csv,0.8\nb.csv,0.7\n")
    return folder


def test_a_folder_is_read_by_name(folder: Path, candidates: Candidates) -> None:
    read = read_submissions(folder, folder / "scores.csv", candidates)
    assert read.files == ("a.csv", "b.csv")
    assert read.accuracy.tolist() == [0.8, 0.7]
    assert read.values.T.tolist() == [MARKS, [1, 1, 1, 0, 0, 0]]
    assert read.skipped == ()


def test_marks_that_are_not_half_are_warned_of_with_the_number_of_users(
    folder: Path, candidates: Candidates
) -> None:
    read = read_submissions(folder, folder / "scores.csv", candidates)
    assert read.warnings == ("b.csv: 2 of 2 users do not have exactly half of their candidates marked",)


def test_the_tables_have_a_row_a_file_and_candidate(folder: Path, candidates: Candidates) -> None:
    rows, scores = read_submissions(folder, folder / "scores.csv", candidates).tables()
    assert rows.slice(4, 3).to_pylist() == [
        {"file": "a.csv", "user_id": 5, "track_id": 20, "score": 1.0},
        {"file": "a.csv", "user_id": 5, "track_id": 10, "score": 0.0},
        {"file": "b.csv", "user_id": 7, "track_id": 10, "score": 1.0},
    ]
    assert scores.to_pylist() == [{"file": "a.csv", "score": 0.8}, {"file": "b.csv", "score": 0.7}]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("c.csv", lines(*ROWS), "a score for c.csv"),
        ("a.csv", lines(*ROWS[1:]), "a row for each"),
        ("scores.csv", "a.csv,0.8\nb.csv,0.7\nc.csv,0.6\n", "a file of this name"),
    ],
)
def test_an_invalid_file_is_refused_or_skipped(
    folder: Path, candidates: Candidates, name: str, text: str, expected: str
) -> None:
    file(folder, name, text)
    with pytest.raises(InputError, match=expected):
        read_submissions(folder, folder / "scores.csv", candidates)
    read = read_submissions(folder, folder / "scores.csv", candidates, skip_invalid=True)
    ((skipped, message),) = read.skipped
    assert skipped == name.replace("scores", "c")
    assert expected in message
    assert skipped not in read.files
    assert len(read.files) == (1 if name == "a.csv" else 2)


def test_files_that_are_set_aside_are_no_submissions(folder: Path, candidates: Candidates) -> None:
    out = file(folder, "out.csv", "yesterday's blend")
    read = read_submissions(folder, folder / "scores.csv", candidates, excluded=[out])
    assert read.files == ("a.csv", "b.csv")


def test_a_file_that_is_there_twice_is_refused(folder: Path, candidates: Candidates) -> None:
    file(folder, "b.csv", lines(*ROWS))
    file(folder, "c.csv", lines(*ROWS))
    file(folder, "c.csv.gz", lines(*ROWS))
    with pytest.raises(UsageError, match="has both .*; remove one"):
        read_submissions(folder, folder / "scores.csv", candidates)


def test_a_missing_folder_is_refused(folder: Path, candidates: Candidates) -> None:
    with pytest.raises(UsageError, match="no such directory"):
        read_submissions(folder / "none", folder / "scores.csv", candidates)
