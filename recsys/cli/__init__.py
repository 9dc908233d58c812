"""The command line: arguments and printing, nothing else."""

from __future__ import annotations

import gc

from recsys.cli import stopping

GARBAGE = 100_000  # objects; to look for circles whenever there are 700 more is a seventh of a short command


def main() -> None:
    """Run a command; exit status 0 done, 1 failed, 2 wrong input, 130 and 143 interrupted.

    The program is imported under the eyes of the signal handlers: that takes longer than many a command.
    """
    stopping.listen()
    gc.set_threshold(GARBAGE)
    try:
        from recsys.cli.program import run

        run()
    except BaseException as error:
        if not stopping.is_stop(error):
            raise
        stopping.end_stopped()
