"""Filters of lists: which texts are a condition, and which items a filter allows."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from recsys.backends.duckdb.connection import reading
from recsys.errors import UsageError
from recsys.serving import filters
from recsys.serving.filters import ItemFilter, allowed, refuse_other_than_condition
from recsys.serving.sandbox import Limits

TRACKS = [1, 2, 3, 4, 5]


def found(warehouse: Path, **chosen: object) -> list[int] | None:
    with reading(warehouse) as connection:
        ids = allowed(connection, warehouse, ItemFilter(**chosen))
    return None if ids is None else ids.tolist()


def test_no_filter_allows_everything(small_warehouse: Path) -> None:
    assert found(small_warehouse) is None


def test_allow_list_block_list_and_condition_work_together(small_warehouse: Path) -> None:
    assert found(small_warehouse, only=[5, 3, 1, 999]) == [1, 3, 5]
    assert found(small_warehouse, excluding=[2, 4]) == [1, 3, 5]
    assert found(small_warehouse, where="list_contains(genres, '31')") == [1, 3, 5]
    assert found(small_warehouse, only=[1, 2, 3], excluding=[1], where="item <> '3'") == [2]
    assert found(small_warehouse, where="album = '10' and interactions > 0") == [2]


def test_a_filter_that_allows_nothing_is_empty(small_warehouse: Path) -> None:
    assert found(small_warehouse, only=[]) == []
    assert found(small_warehouse, where="false") == []


@pytest.mark.parametrize(
    "condition",
    [
        "year >= 2000 and in_stock",
        "list_contains(genres, 'Comedy') -- laughs",
        "item_id in (select item_id from marts.item_facts)",
        "price between 1 and 2 or name like '%(199_)'",
    ],
)
def test_conditions_are_accepted(condition: str) -> None:
    refuse_other_than_condition(duckdb.connect(), condition)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "true) union select user_id from staging.users where (true",
        "true; drop table staging.ratings",
        "true); attach 'other.duckdb'; select (1",
        "true) limit 1 --",
        "true) order by (1",
        "true) group by (1",
        "true) qualify (true",
        "(",
        "year >=",
        "select",
    ],
)
def test_other_texts_are_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError, match="give one SQL condition") as refused:
        refuse_other_than_condition(duckdb.connect(), text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (
            "colour = 'red'",
            "^--where \"colour = 'red'\": there is no column colour; "
            "columns: item, name, album, artist, genres, interactions$",
        ),
        ("genres > 1", "^--where 'genres > 1': (?!.*Error)"),
        ("(select count(*) from read_text('/etc/passwd')) > 0", "disabled"),
        ("(select count(*) from range(1000000000000) a, range(1000000000000) b) > 0", "stopped|Memory"),
    ],
)
def test_a_condition_that_fails_or_reaches_out_is_one_line(
    small_warehouse: Path, monkeypatch: pytest.MonkeyPatch, condition: str, reason: str
) -> None:
    monkeypatch.setattr(filters, "LIMITS", Limits(seconds=60.0 if "stopped" not in reason else 5.0))
    with pytest.raises(UsageError, match=reason) as refused:
        found(small_warehouse, where=condition)
    assert "\n" not in str(refused.value)
