"""The training file in blocks: the same rows wherever a block ends, and what only counting finds."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.project.contract import Context, proven_key
from recsys.sources import history

SETTINGS = {"lowest": 0, "highest": 100, "liked": 80}
PLAIN = "7|3\n1\t0\n2147483647\t100\n30\t9\n0|0\n2147483647|1\n1\t50\n"
ROWS = [(7, 1, 0, 2), (7, 2147483647, 100, 3), (7, 30, 9, 4), (2147483647, 1, 50, 7)]


def read(path: Path, text: str | bytes) -> list[tuple[int, ...]]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    tables = history.ratings({"train": path}, SETTINGS, Context(path.parent))
    rows = tables["staging.ratings"].read_all().to_pylist()
    return [(row["user_id"], row["item_id"], row["rating"], row["seq"]) for row in rows]


@pytest.mark.parametrize("block", [3, 4, 5, 7, 11, 13, 1000])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_rows_are_the_same_wherever_a_block_ends(tmp_path, monkeypatch, block, ending):
    monkeypatch.setattr(history, "BLOCK", block)
    text = PLAIN.replace("\n", ending)
    assert read(tmp_path / "train.txt", text) == ROWS
    assert read(tmp_path / "train.txt", text.removesuffix(ending)) == ROWS
    assert read(tmp_path / "train.txt", b"\xef\xbb\xbf" + text.encode()) == ROWS


@pytest.mark.parametrize("block", [1, 6, 1000])
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("7|2\n1\t5\n1\t6\n", "twice for a user"),
        ("7|1\n1\t5\n8|1\n1\t5\n7|1\n2\t5\n", "two headers"),
        ("7|3\n1\t5\n2\t6\n", "the last header counts more"),
        ("7|1\n1\t5\n2\t6\n8|1\n1\t1\n", "does not count the lines"),
        ("7|2\n1\t5\n8|1\n1\t1\n", "does not count the lines"),
        ("1\t5\n7|1\n1\t5\n", "does not count the lines"),
        ("7|1\n1\t101\n", "off the scale"),
        ("7|01\n1\t5\n", "more characters than"),
        ("7|1\n01\t5\n", "more characters than"),
        ("7|1\n1\t+5\n", ""),
        ("7|1\n1\t 5\n", ""),
        ("7|1\n0xFFFFFFF\t5\n", "not part of a number"),
        ("7|1\n-1\t5\n", "not part of a number"),
        ("7|\n8|1\n1\t05\n", ""),
        ("7|1\n1\t\n", ""),
        ("7|1\n1\tNA\n", ""),
        ("7|1\n2147483648\t5\n", ""),
        ("7|1\n1|5\n", ""),
        ("7\t1\n1\t5\n", ""),
        ("7|1\n\n1\t5\n", ""),
        ("7|1\n1\t5\t\n", ""),
        ("7|1|1\n1\t5\n", ""),
    ],
)
def test_what_breaks_the_format_is_noticed(tmp_path, monkeypatch, block, text, problem):
    monkeypatch.setattr(history, "BLOCK", block)
    with pytest.raises((history.MalformedError, pa.ArrowInvalid), match=problem or None):
        read(tmp_path / "train.txt", text)


def test_a_line_without_an_end_is_not_held_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "LONGEST_LINE", 1 << 10)
    monkeypatch.setattr(history, "BLOCK", 1 << 8)
    with pytest.raises(history.MalformedError, match="too long"):
        read(tmp_path / "train.txt", "7|1\n" + "1" * (1 << 12))


def test_the_schema_says_that_the_key_has_been_looked_at(tmp_path):
    (tmp_path / "train.txt").write_text(PLAIN)
    made = history.ratings({"train": tmp_path / "train.txt"}, SETTINGS, Context(tmp_path))
    assert proven_key(made["staging.ratings"].schema) == ("user_id", "item_id")


IDS = st.integers(0, 2**31 - 1)
HISTORIES = st.dictionaries(IDS, st.dictionaries(IDS, st.integers(0, 100), max_size=5), max_size=5)


@settings(deadline=None, max_examples=50)
@given(histories=HISTORIES, block=st.integers(1, 60))
def test_any_histories_are_read_as_they_were_written(tmp_path_factory, histories, block):
    lines, rows = [], []
    for user, items in histories.items():
        lines.append(f"{user}|{len(items)}\n")
        for item, rating in items.items():
            lines.append(f"{item}\t{rating}\n")
            rows.append((user, item, rating, len(lines)))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(history, "BLOCK", block)
        assert read(tmp_path_factory.getbasetemp() / "train.txt", "".join(lines)) == rows
