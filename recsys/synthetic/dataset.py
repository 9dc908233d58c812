"""Generating a data directory: all of it, or nothing."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from recsys.errors import UsageError
from recsys.synthetic import files, history, protocol, scales, taste, taxonomy
from recsys.synthetic.history import Ratings
from recsys.synthetic.scales import SCALES, Scale

PROVENANCE = "synth.json"  # in every generated directory: what made it; such a directory may be replaced
Report = Callable[[float, str], None]


def _silent(fraction: float, message: str) -> None:
    """The progress reporter of somebody who does not want to know."""


def generate(directory: Path, scale: str, seed: int, report: Report = _silent) -> None:
    """Write a data directory of a scale; the same scale, seed and version give the same bytes.

    The files appear under ``directory`` only when all are written. Raises UsageError for an unknown scale, a
    negative seed, a directory that holds anything but an earlier demo data set, or a disk that cannot take it.
    """
    if scale not in SCALES:
        raise UsageError(f"unknown scale {scale!r}: choose one of {', '.join(SCALES)}")
    if seed < 0:
        raise UsageError(f"the seed must not be negative, and is {seed}")
    _refuse_other_content(directory)
    try:
        with _published(directory) as scratch:
            _write(scratch, SCALES[scale], seed, report)
    except OSError as error:
        raise UsageError(f"cannot write the demo data to {directory}: {error.strerror or error}") from error


def _refuse_other_content(directory: Path) -> None:
    if directory.is_dir() and (not any(directory.iterdir()) or (directory / PROVENANCE).is_file()):
        return
    if directory.exists() or directory.is_symlink():
        raise UsageError(f"{directory} already holds something that is not a demo data set: choose another directory")


@contextmanager
def _published(directory: Path) -> Iterator[Path]:
    """A scratch folder beside ``directory`` that takes its place at the end, or disappears."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
    try:
        yield scratch
        if directory.exists():
            shutil.rmtree(directory)
        scratch.chmod(0o755)
        os.replace(scratch, directory)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _write(directory: Path, scale: Scale, seed: int, report: Report) -> None:
    rngs = [np.random.default_rng(source) for source in np.random.SeedSequence(seed).spawn(4)]
    report(0.0, "catalogue")
    catalogue = taxonomy.build(scale, rngs[0])
    files.write_catalogue(directory, catalogue)
    people = taste.draw(scale, catalogue, rngs[1])
    ratings = _histories(catalogue, people, rngs[2], report)
    report(0.7, "test candidates")
    test = protocol.draw(scale, ratings, rngs[3])
    files.write_test(directory, test, catalogue.track_ids)
    kept = ~test.is_held_out
    train = Ratings(ratings.user[kept], ratings.item[kept], ratings.track[kept], ratings.value[kept])
    files.write_ratings(directory / "trainItem2.txt", train, lambda done: report(0.75 + 0.25 * done, "ratings"))
    provenance = {"scale": scale.name, "seed": seed, "version": scales.VERSION}
    (directory / PROVENANCE).write_text(json.dumps(provenance) + "\n", encoding="ascii")


def _histories(
    catalogue: taxonomy.Catalogue, people: taste.Taste, rng: np.random.Generator, report: Report
) -> Ratings:
    """All histories, simulated a run of users at a time and kept in narrow types."""
    parts = []
    for start, stop in history.chunks(people.activity):
        parts.append(history.simulate(catalogue, people, np.arange(start, stop), rng))
        report(0.1 + 0.6 * stop / len(people.activity), "histories")
    return Ratings(*(np.concatenate(columns) for columns in zip(*map(history.columns, parts), strict=True)))
