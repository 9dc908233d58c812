"""Programs killed at some moment, and what must hold afterwards."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from recsys.cli.stopping import GRACE
from tests.given import build_sql
from tests.torture.programs import Stop, World, answers, command, confined, litter, run, stop

NEVER = 60.0  # seconds: longer than any of these programs runs


@contextmanager
def own_warehouse(world: World) -> Iterator[Path]:
    """A published warehouse of the data as it was, in a folder of its own."""
    with TemporaryDirectory(dir=world.folder) as folder:
        yield Path(shutil.copy(world.built_before, folder))


def build_words(world: World, warehouse: Path) -> tuple[object, ...]:
    return ("build", "--sql-only", "--data", world.after, "--warehouse", warehouse)


def crash_build(world: World, after: float, confinement: str | None = None) -> bool:
    """Kill a build after some seconds, or where the confinement says; whether it was killed.

    Asserts that the warehouse answers as before or as after the build, and that the next build needs no hand.
    """
    with own_warehouse(world) as warehouse:
        words = build_words(world, warehouse)
        ended = stop(confined(confinement, *words) if confinement else command(*words), after, signal.SIGKILL)
        assert answers(warehouse) in (world.answers_before, world.answers_after)
        build_sql(world.after, warehouse)
        assert answers(warehouse) == world.answers_after
        assert litter(warehouse.parent) == []
        return ended.status == -signal.SIGKILL


def interrupt_build(world: World, after: float, number: signal.Signals) -> Stop:
    """Interrupt a build and say how it ended, once what it said of the warehouse was found to be true."""
    with own_warehouse(world) as warehouse:
        before = warehouse.read_bytes()
        ended = stop(command(*build_words(world, warehouse)), after, number)
        if ended.complaint.endswith(("nothing changed\n", "Interrupted\n", "Terminated\n")):
            assert warehouse.read_bytes() == before
        elif ended.status > 0:
            assert ended.complaint.endswith(f"; {warehouse} was already published\n"), ended.complaint
        assert litter(warehouse.parent) == [] or ended.seconds > GRACE
        return ended


def crash_output(world: World, arguments: tuple[object, ...], after: float, confinement: str | None) -> bool:
    """Kill a command that writes the file ``out``; it is whole or not there, and the next one writes it."""
    with own_warehouse(world) as warehouse:
        out = warehouse.with_name("out.html")
        words = (*(out if word == "OUT" else word for word in arguments), "--warehouse", warehouse)
        ended = stop(confined(confinement, *words) if confinement else command(*words), after, signal.SIGKILL)
        left = out.read_bytes() if out.exists() else None
        done = run(command(*words))
        assert done.returncode == 0, done.stderr
        assert left is None or len(left) == len(out.read_bytes())
        assert litter(out.parent) == []
        return ended.status == -signal.SIGKILL


def crash_synth(folder: Path, after: float, confinement: str | None = None) -> bool:
    """Kill ``recsys synth`` over an earlier data set: one of the two is there, whole, or the next one makes it."""
    directory = folder / "demo"
    assert run(command("synth", directory, "--scale", "tiny", "--seed", 1)).returncode == 0
    first = _contents(directory)
    words = ("synth", directory, "--scale", "tiny", "--seed", 2, "--force")
    ended = stop(confined(confinement, *words) if confinement else command(*words), after, signal.SIGKILL)
    left = _contents(directory) if directory.exists() else None
    done = run(command(*words))
    assert done.returncode == 0, done.stderr
    assert left in (None, first, _contents(directory))
    assert litter(folder) == []
    return ended.status == -signal.SIGKILL


def _contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}
