"""Results of checks are kept between runs, and only as long as the rules are the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from recsys.project import bytecode, remembered


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache folder of this test; what is written at the end of a program is written by `end`."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(remembered.atexit, "register", lambda *arguments: waiting.append(arguments))
    waiting.clear()
    remembered._known.cache_clear()
    yield tmp_path / "recsys" / "checks"
    remembered._known.cache_clear()


waiting: list[tuple] = []


def end() -> None:
    """End the program."""
    for function, *arguments in waiting:
        function(*arguments)
    waiting.clear()
    remembered._known.cache_clear()


def never() -> None:
    raise AssertionError("found again")


def test_a_later_run_finds_what_an_earlier_one_found() -> None:
    assert remembered.remembered("kind", "text", lambda: [3, "name"]) == [3, "name"]
    assert remembered.remembered("kind", "text", never) == [3, "name"]
    end()
    assert remembered.remembered("kind", "text", never) == [3, "name"]
    assert remembered.remembered("kind", "another text", lambda: None) is None
    assert remembered.remembered("another kind", "text", lambda: 5) == 5


def test_other_rules_find_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    remembered.remembered("kind", "text", lambda: 1)
    end()
    monkeypatch.setattr(remembered, "_rules", lambda: "others")
    assert remembered.remembered("kind", "text", lambda: 2) == 2


def test_a_damaged_file_and_a_missing_folder_are_no_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir(parents=True)
    (folder / "results.json").write_text("{", encoding="utf-8")
    assert remembered.remembered("kind", "text", lambda: 1) == 1
    end()
    assert list(json.loads((folder / "results.json").read_text(encoding="utf-8")).values()) == [1]
    monkeypatch.setattr(remembered, "cache_folder", lambda name: None)
    assert remembered.remembered("kind", "text", lambda: 2) == 2


def test_the_latest_results_are_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST", 2)
    for number in range(4):
        remembered.remembered("kind", str(number), lambda number=number: number)
    end()
    assert list(json.loads((folder / "results.json").read_text(encoding="utf-8")).values()) == [2, 3]


def test_a_cache_that_others_can_write_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "recsys" / "checks"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    assert bytecode.cache_folder("checks") is None
