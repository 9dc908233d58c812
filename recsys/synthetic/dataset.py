"""Generate a data directory, atomically."""

from __future__ import annotations

import glob
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from recsys.errors import UsageError, unwritable
from recsys.synthetic import files, history, names, protocol, scales, taste, taxonomy
from recsys.synthetic.ragged import concatenate, take
from recsys.synthetic.scales import SCALES, Scale

PROVENANCE = "synth.json"  # what made the directory; one that has it may be replaced by another demo data set
FILES = {
    PROVENANCE,
    *("trackData2.txt", "albumData2.txt", "artistData2.txt", "genreData2.txt", "itemNames.txt"),
    *("trainItem2.txt", "testItem2.txt", "test2_new.txt", "truth2.txt"),
}
Report = Callable[[float, str], None]


def _no_report(fraction: float, message: str) -> None:
    """Ignore progress reports."""


def generate(
    directory: Path, scale: str, seed: int, report: Report = _no_report, replace: bool = False
) -> None:
    """Write a demo data directory; the same scale, seed and version give the same bytes.

    The directory appears when all files are written.

    Parameters
    ----------
    directory : Path
    scale : {'tiny', 'small', 'full'}
    seed : int
        Not negative.
    report : callable, optional
        Receives the fraction done and the current step.
    replace : bool, default False
        Replace an earlier demo data set.

    Raises
    ------
    UsageError
        The scale or the seed is invalid, the directory holds other files, or cannot be written.
    """
    if scale not in SCALES:
        raise UsageError(f"scale {scale}: choose from {', '.join(SCALES)}")
    if seed < 0:
        raise UsageError(f"seed {seed}: give a whole number, 0 or more")
    directory = directory.resolve()
    try:
        _refuse_other_content(directory, replace)
        with _atomic_directory(directory) as scratch:
            _write(scratch, SCALES[scale], seed, report)
    except OSError as error:
        raise unwritable(directory, error, "choose another directory") from error


def _refuse_other_content(directory: Path, replace: bool) -> None:
    if not directory.exists():
        return
    if not directory.is_dir():
        raise UsageError(f"{directory}: is a file; choose another directory")
    names = {path.name for path in directory.iterdir()}
    if names and (PROVENANCE not in names or names - FILES):
        stranger = min(names - FILES, default=min(names))
        raise UsageError(f"{directory}: has other files ({stranger}); choose another directory")
    if names and not replace:
        raise UsageError(f"{directory}: already has a demo data set; replace it with --force")


@contextmanager
def _atomic_directory(directory: Path) -> Iterator[Path]:
    """Yield a scratch folder that replaces ``directory`` at the end.

    Both steps are renames, so readers never see half a data set, even after a kill.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    _clear_leftovers(directory)
    scratch = directory.parent / f".{directory.name}-partial-{os.getpid()}"
    scratch.mkdir()
    try:
        made = scratch / "made"
        made.mkdir()
        yield made
        if directory.exists():
            directory.rename(scratch / "replaced")
        made.rename(directory)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _clear_leftovers(directory: Path) -> None:
    """Remove the scratch folders of processes that were killed."""
    for leftover in directory.parent.glob(f".{glob.escape(directory.name)}-partial-*"):
        owner = leftover.name.rpartition("-")[2]
        if owner.isdigit() and not _is_alive(int(owner)):
            shutil.rmtree(leftover, ignore_errors=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return process != os.getpid()


def _write(directory: Path, scale: Scale, seed: int, report: Report) -> None:
    """Write all files, the ratings last: without them a folder is not a data directory."""
    rngs = [np.random.default_rng(source) for source in np.random.SeedSequence(seed).spawn(5)]
    report(0.0, "catalogue")
    catalogue = taxonomy.build(scale, rngs[0])
    files.write_catalogue(directory, catalogue)
    files.write_names(directory, *names.of_items(catalogue, rngs[4]))
    ratings = _histories(catalogue, taste.draw(scale, catalogue, rngs[1]), rngs[2], report)
    report(0.7, "test candidates")
    test = protocol.draw(scale, ratings, rngs[3])
    files.write_test(directory, test, catalogue.ids.tracks)
    provenance = {"scale": scale.name, "seed": seed, "version": scales.VERSION}
    (directory / PROVENANCE).write_text(json.dumps(provenance) + "\n", encoding="ascii")
    train = take(ratings, ~test.is_held_out)
    path = directory / "trainItem2.txt"
    files.write_ratings(path, train, lambda done: report(0.75 + 0.25 * done, "ratings"))


def _histories(
    catalogue: taxonomy.Catalogue, people: taste.Taste, rng: np.random.Generator, report: Report
) -> history.Ratings:
    """Simulate all histories, a block of users at a time, in narrow types."""
    parts = []
    for users in history.blocks(people.activity):
        parts.append(history.simulate(catalogue, people, users, rng))
        report(0.1 + 0.6 * (users[-1] + 1) / len(people.activity), "histories")
    return concatenate(parts)
