"""A full disk: one clear line, and the old warehouse as it was."""

from __future__ import annotations

import pytest

from tests.torture import small_disk
from tests.torture.crashes import build_words, own_warehouse
from tests.torture.programs import confined, litter, run

LIMITS = (0, 50_000, 5_000_000)  # bytes that a file may have
ROOMS = (0, 1_000_000, 6_000_000)  # bytes that are left on the disk


@pytest.mark.parametrize("limit", LIMITS)
def test_a_build_on_a_full_disk_ends_in_one_line(world, limit):
    with own_warehouse(world) as warehouse:
        before = warehouse.read_bytes()
        done = run(confined(f"file-size={limit}", *build_words(world, warehouse)))
        assert done.returncode == 1, done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
        assert "Traceback" not in done.stderr
        assert warehouse.read_bytes() == before
        assert litter(warehouse.parent) == []


# The attack above, by a limit on the size of files, runs everywhere; a disk of one's own takes a right.
@pytest.mark.skipif(not small_disk.is_possible(), reason="users of this machine may not mount file systems")
@pytest.mark.parametrize("room", ROOMS)
def test_a_build_on_a_small_disk_ends_in_one_line(world, room):
    ended = small_disk.build_with_room(world, room)
    assert ended.status == 1, ended.complaint
    assert ended.complaint.count("\n") == 1, ended.complaint
    assert ended.is_untouched
    assert ended.litter == []
    assert ended.is_mended


@pytest.mark.parametrize(
    "arguments", [("submit", "adaptive", "OUT"), ("report", "--out", "OUT")], ids=["submit", "report"]
)
def test_a_command_on_a_full_disk_ends_in_one_line(world, arguments):
    with own_warehouse(world) as warehouse:
        out = warehouse.with_name("out.csv")
        out.write_text("what was there before")
        words = (out if word == "OUT" else word for word in arguments)
        done = run(confined("file-size=30", *words, "--warehouse", warehouse))
        assert done.returncode in (1, 2), done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
        assert out.read_text() == "what was there before"
        assert litter(warehouse.parent) == []
