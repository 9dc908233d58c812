"""A build on a disk that is too small: a tmpfs of some bytes, which this process and its children alone see.

``python -m tests.torture.small_disk ROOM WAREHOUSE DATA EXPECTED``, in a mount namespace of its own, prints how it ended.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.given import build_sql
from tests.torture.programs import World, answers, command, litter, run

ALONE = ("unshare", "--user", "--map-root-user", "--mount")


@dataclass(frozen=True)
class Ending:
    """How a build on the small disk ended, and what it left there; ``is_mended`` if the next one had room."""

    status: int
    complaint: str
    is_untouched: bool
    litter: list[str]
    is_mended: bool


def is_possible() -> bool:
    """Whether a user of this machine may have a mount namespace."""
    if shutil.which(ALONE[0]) is None:
        return False
    return subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode == 0


def build_with_room(world: World, room: int) -> Ending:
    """Build where a published warehouse lies and so many bytes are left."""
    words = [*ALONE, sys.executable, "-m", "tests.torture.small_disk"]
    done = run([*words, str(room), *map(str, (world.built_before, world.after, world.built_after))])
    assert done.returncode == 0, done.stderr
    return Ending(**json.loads(done.stdout))


def _main(room: int, published: Path, data: Path, expected: Path) -> Ending:
    with TemporaryDirectory() as folder:
        blocks = os.statvfs(folder).f_bsize
        size = -(-published.stat().st_size // blocks) * blocks + room
        _mount(folder, f"size={size}")
        try:
            return _try(Path(shutil.copy(published, folder)), data, expected)
        finally:
            subprocess.run(["umount", folder], check=True)


def _try(warehouse: Path, data: Path, expected: Path) -> Ending:
    before = warehouse.read_bytes()
    done = run(command("build", "--sql-only", "--data", data, "--warehouse", warehouse))
    untouched, left = warehouse.read_bytes() == before, litter(warehouse.parent)
    _mount(str(warehouse.parent), "remount,size=1g")
    build_sql(data, warehouse)
    mended = answers(warehouse) == answers(expected)
    return Ending(done.returncode, done.stderr, untouched, left, mended)


def _mount(folder: str, options: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)


if __name__ == "__main__":
    print(json.dumps(asdict(_main(int(sys.argv[1]), *map(Path, sys.argv[2:])))))
