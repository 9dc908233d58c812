"""Files of ids."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.errors import InputError, UsageError
from recsys.serving.id_files import read_ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("17\n18\n", ["17", "18"]),
        ("user_id\r\n17\r\n\r\n18", ["17", "18"]),
        ("\ufeffalice\n bob \nalice\n", ["alice", "bob"]),
        ('item,name\n"film, 1",A\n2,B\n', ["film, 1", "2"]),
    ],
)
def test_ids_are_read_once_each_in_their_order(tmp_path: Path, text: str, ids: list[str]) -> None:
    path = tmp_path / "ids.txt"
    path.write_text(text, encoding="utf-8")
    assert read_ids(path) == ids


def test_a_missing_file_an_empty_one_and_other_bytes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read_ids(tmp_path / "none.txt")
    path = tmp_path / "ids.txt"
    path.write_text("user\n\n")
    with pytest.raises(InputError, match="one id per line, found none"):
        read_ids(path)
    path.write_bytes(b"caf\xe9\n")
    with pytest.raises(InputError, match="UTF-8"):
        read_ids(path)
