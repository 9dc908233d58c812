"""An import: what a person asks for, and a data directory that appears complete or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from recsys.errors import UsageError
from recsys.sources.importing.engine import Engine
from recsys.sources.importing.options import DUPLICATES, Options, Result, of_hundred
from recsys.sources.importing.steps import Steps
from recsys.version import __version__

FORMAT_VERSION = 1
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
            work = Steps(options, engine, folder, lambda name: step.__setitem__(0, name))
            result = work.run()
        finally:
            engine.close()
        shutil.rmtree(folder / "scratch")
        _write_metadata(options, result, folder)
    return result


def _check(options: Options) -> None:
    if options.out.exists() and not options.force:
        raise UsageError(f"{options.out}: is there already: --force replaces it")
    if options.out.exists() and not (options.out / METADATA).is_file():
        raise UsageError(f"{options.out}: no imported data, which alone --force replaces")
    named = [*options.files, *([options.items] if options.items else [])]
    inside = [name for name in named if Path(name).resolve().is_relative_to(options.out.resolve())]
    if inside:
        raise UsageError(f"{options.out}: {inside[0]} is in it, and would be replaced: name another folder")
    if options.duplicates not in DUPLICATES:
        raise UsageError(f"--duplicates {options.duplicates}: expected {' or '.join(DUPLICATES)}")
    if options.scale and not options.scale[0] < options.scale[1]:
        raise UsageError(
            f"--scale {options.scale[0]:g} {options.scale[1]:g}: expected the lowest rating first"
        )
    if options.item_columns and options.items is None:
        raise UsageError(
            f"--{next(iter(options.item_columns))}: a column of the file --items, which is not given"
        )


@contextlib.contextmanager
def _unfinished(options: Options) -> Iterator[Path]:
    """A folder beside the one to be written, which takes its place at the end."""
    out = options.out.absolute()
    folder = out.with_name(f".{out.name}.unfinished")
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        yield folder
        if out.exists():
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
    """What the data are: from where, how, and digests that a build compares with the files."""
    described = {
        "format_version": FORMAT_VERSION,
        "recsys": __version__,
        "sources": [*options.files, *([options.items] if options.items else [])],
        "columns": result.columns,
        "item_columns": result.item_columns,
        "scale": list(result.scale),
        "liked": of_hundred(result.liked, result.scale),
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
