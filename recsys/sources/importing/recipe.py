"""An import: what a person asks for, and a data directory that appears complete or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from recsys.errors import UsageError
from recsys.outputs import keep_owner
from recsys.sources.importing import steps
from recsys.sources.importing.engine import Engine
from recsys.sources.importing.frames import is_path, name_of
from recsys.sources.importing.options import (
    DUPLICATES,
    FEEDBACK,
    LARGEST_HOLDOUT,
    LARGEST_SEED,
    SPLITS,
    Options,
    Result,
    liked_rating,
)
from recsys.sources.importing.state import Job
from recsys.version import __version__

FORMAT_VERSION = 2
METADATA = "dataset.json"


Report = Callable[[float, str], None]


def run(options: Options, report: Report = lambda fraction, message: None) -> Result:
    """Import ratings into a new data directory, which appears complete or not at all.

    ``report(fraction, message)`` draws the progress line. UsageError for wrong arguments, InputError for a
    row that cannot be used; nothing is written then.
    """
    _check(options)
    with _unfinished(options) as folder:
        (folder / "scratch").mkdir()
        step = [""]
        engine = Engine(
            folder / "scratch", options.threads, options.memory, lambda done: report(done, step[0])
        )
        try:
            result = steps.run(Job(options, engine, folder, lambda name: step.__setitem__(0, name)))
        finally:
            engine.close()
        shutil.rmtree(folder / "scratch")
        _write_metadata(options, result, folder)
    return result


def _check(options: Options) -> None:
    if options.out.exists() and not options.force:
        raise UsageError(f"{options.out} already exists; replace it with --force")
    if options.out.exists() and not (options.out / METADATA).is_file():
        raise UsageError(
            f"{options.out} has no imported data, so --force does not replace it; choose another --out"
        )
    _refuse_replacing_sources(options)
    _check_choices(options)
    _check_numbers(options)
    if options.item_columns and options.items is None:
        raise UsageError(
            f"--{next(iter(options.item_columns))}: names a column of the items file; use --items FILE"
        )
    for role in sorted(options.refused):
        if role in options.columns or role in options.item_columns:
            raise UsageError(f"--{role} and --no-{role}: give one of the two")
    if options.names and options.header:
        raise UsageError("--columns names the columns of a file without a header; use --no-header")


def _refuse_replacing_sources(options: Options) -> None:
    named = [*options.files, *([] if options.items is None else [options.items])]
    out = options.out.resolve()
    inside = [one for one in named if is_path(one) and Path(one).resolve().is_relative_to(out)]
    if inside:
        raise UsageError(f"{options.out}: {inside[0]} is in it, and would be replaced; name another folder")


def _check_choices(options: Options) -> None:
    choices = (
        ("feedback", options.feedback, FEEDBACK),
        ("duplicates", options.duplicates, (None, *DUPLICATES)),
        ("split", options.split, (None, *SPLITS)),
    )
    for name, value, allowed in choices:
        if value not in allowed:
            raise UsageError(f"--{name} {value}: expected {' or '.join(one for one in allowed if one)}")
    if options.delimiter == "" or options.separator == "":
        name = "delimiter" if options.delimiter == "" else "separator"
        raise UsageError(f"--{name} '': expected one character or more")
    if not options.noun.strip() or not options.noun.isprintable():
        raise UsageError(f"--noun {options.noun!r}: expected a word, such as film")


def _check_numbers(options: Options) -> None:
    for name, value, highest in (
        ("seed", options.seed, LARGEST_SEED),
        ("holdout", options.holdout, LARGEST_HOLDOUT),
    ):
        if not 0 <= value <= highest:
            raise UsageError(f"--{name} {value}: expected a whole number 0..{highest}")
    if options.scale and not options.scale[0] < options.scale[1]:
        raise UsageError(
            f"--scale {options.scale[0]:g} {options.scale[1]:g}: expected the lowest rating first"
        )


@contextlib.contextmanager
def _unfinished(options: Options) -> Iterator[Path]:
    """Yield a sibling folder that replaces the data directory when the block succeeds."""
    out = Path(os.path.realpath(options.out))  # of a link, the folder that it leads to
    folder = out.with_name(f".{out.name}.unfinished")
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        yield folder
        if out.exists():
            keep_owner(out, folder)
            replaced = out.with_name(f".{out.name}.replaced")
            out.rename(replaced)
            folder.rename(out)
            shutil.rmtree(replaced)
        else:
            folder.rename(out)
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_metadata(options: Options, result: Result, folder: Path) -> None:
    """Write ``dataset.json``: sources, options, and digests that a build compares with the files."""
    given = [*options.files, *([] if options.items is None else [options.items])]
    described = {
        "format_version": FORMAT_VERSION,
        "recsys": __version__,
        "sources": [str(one) if is_path(one) else name_of(one) for one in given],
        "columns": result.columns,
        "item_columns": result.item_columns,
        "refused": sorted(options.refused),
        **result.recipe,
        "feedback": result.feedback,
        "scale": result.scale,
        "liked": result.liked,
        "liked_rating": liked_rating(result),
        "top_count": result.top_count,
        "noun": result.noun,
        "separator": options.separator,
        "split": result.split,
        "holdout": options.holdout,
        "seed": options.seed,
        "duplicates": options.duplicates,
        "counts": result.counts,
        "sha256": {path.name: _digest(path) for path in sorted(folder.glob("*.parquet"))},
    }
    (folder / METADATA).write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
