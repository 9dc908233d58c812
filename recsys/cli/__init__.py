"""The command line: arguments and printing, nothing else."""

from __future__ import annotations

import gc
import sys

from recsys.cli import failures, stopping, streams

GARBAGE = 100_000  # new objects between two collections; the default takes a seventh of a short command


def main() -> None:
    """Run a command; exit status 0 done, 1 failed, 2 wrong input, 129, 130 and 143 stopped by a signal.

    The program is imported after the signal handlers are set, which may have to stop the import.
    """
    streams.reopen_closed()
    stopping.listen()
    gc.set_threshold(GARBAGE)
    try:
        from recsys.cli.program import run

        run()
    except BaseException as error:
        if stopping.is_stop(error):
            stopping.end_stopped()
        line = failures.explained(error)
        if line is None:
            raise
        print(f"Error: {line}", file=sys.stderr)
        sys.exit(1)
