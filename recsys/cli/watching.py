"""Run ``recsys append --watch``: a line for each file, and for each build."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import NoReturn

from recsys.backends.database import Limits
from recsys.cli.build_progress import BuildConsole, Detail
from recsys.cli.console import console
from recsys.cli.stopping import report_build_on_stop, report_watch_on_stop
from recsys.engine.appending.append import Options, Result
from recsys.engine.build import build
from recsys.engine.rebuilding import rebuild_options
from recsys.engine.watching.folder import Watch
from recsys.engine.watching.schedule import Schedule
from recsys.errors import BusyError, Error
from recsys.serving.append_sentences import sentences


def watch_folder(
    folder: Path,
    data: Path,
    warehouse: Path | None,
    rebuild: str | None,
    every: int,
    sql: Path | None,
    limits: Limits,
) -> NoReturn:
    """Take files from a folder until the process is stopped.

    Parameters
    ----------
    folder, data, warehouse : Path
        Where files arrive, and what takes their rows.
    rebuild : str, optional
        When to build.
    every : int
        Seconds between two looks.
    sql : Path, optional
        Folder of models.
    limits : Limits
        Of appends. Builds have the same threads, and the memory of ``recsys build``.
    """
    schedule = None if rebuild is None else Schedule.parse(rebuild)
    watch = Watch(folder, data, warehouse, _Lines(folder, limits.threads, sql), schedule, sql, limits)
    report_watch_on_stop(folder)
    _say(f"watching {folder} every {every} s; stop with Ctrl-C or SIGTERM")
    watch.run(lambda: time.sleep(every))


class _Lines:
    """Print what a watch does, with the time."""

    def __init__(self, folder: Path, threads: int, sql: Path | None = None) -> None:
        self.folder, self.limits, self.sql = folder, Limits(threads), sql
        self.reason = ""

    def taken(self, path: Path, options: Options, result: Result) -> None:
        """Print what a file added."""
        self.reason = ""
        for sentence in sentences(options, result):
            _say(f"{path.name}: {sentence}")

    def known(self, path: Path) -> None:
        """Print that a file was taken before."""
        _say(f"{path.name}: its rows were appended before; moved to done")

    def refused(self, path: Path, reason: str) -> None:
        """Print why a file was refused."""
        _say(f"{path.name}: refused: {reason}")

    def delayed(self, reason: str) -> None:
        """Print once that another command is in the way."""
        if reason != self.reason:
            _say(f"waiting: {reason}")
        self.reason = reason

    def build(self, data: Path, warehouse: Path) -> None:
        """Build, and print how it ended; after an error the next build is tried when it is due."""
        reporter = BuildConsole(detail=Detail.QUIET)
        report_build_on_stop(warehouse)
        try:
            result = build(rebuild_options(data, warehouse, self.limits, self.sql), reporter)
            _say(f"built {warehouse} ({result.seconds:.1f} s)")
        except BusyError:
            raise
        except Error as error:
            print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} Error: {error}", file=sys.stderr, flush=True)
        finally:
            reporter.close()
            report_watch_on_stop(self.folder)


def _say(line: str) -> None:
    console().print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}", soft_wrap=True)
    sys.stdout.flush()
