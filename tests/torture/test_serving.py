"""Pages and the API answer through publishes: opened anew, never an error."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from recsys.errors import UsageError
from recsys.serving.snapshots import MOST_ATTEMPTS, through_publishes
from tests.torture.serving import ADDRESSES, serve


def test_every_answer_through_publishes_is_200(world, tmp_path):
    warehouse = Path(shutil.copy(world.built_before, tmp_path / "w.duckdb"))
    found = serve(world, warehouse, builds=1)
    assert {status for _, status in found} == {200}, found
    assert {address for address, _ in found} == {*ADDRESSES}
    assert sum(found.values()) > 3 * len(ADDRESSES)


class TestAnew:
    @pytest.fixture
    def warehouse(self, tmp_path):
        (tmp_path / "w").write_text("1")
        return tmp_path / "w"

    def test_an_answer_that_a_publish_broke_is_asked_for_again(self, warehouse):
        def answer():
            if warehouse.read_text() == "1":
                (warehouse.with_name("new")).write_text("2")
                warehouse.with_name("new").replace(warehouse)
                raise duckdb.InvalidInputException("built anew")
            return 7

        assert through_publishes(warehouse, answer) == 7

    def test_another_error_is_raised_at_once(self, warehouse):
        asked = []

        def answer():
            asked.append(1)
            raise UsageError("no such model")

        with pytest.raises(UsageError):
            through_publishes(warehouse, answer)
        assert len(asked) == 1

    def test_it_is_not_asked_for_for_ever(self, warehouse):
        asked = []

        def answer():
            asked.append(1)
            warehouse.with_name("new").write_text(str(len(asked)))
            warehouse.with_name("new").replace(warehouse)
            raise UsageError("built anew")

        with pytest.raises(UsageError):
            through_publishes(warehouse, answer)
        assert len(asked) == MOST_ATTEMPTS
