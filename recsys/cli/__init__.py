"""The command line: arguments and printing, nothing else."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

import click

from recsys import __version__
from recsys.cli import asking, making
from recsys.errors import RecsysError


class _Terminated(BaseException):
    """SIGTERM arrived."""


def _terminate(number: int, frame: FrameType | None) -> None:
    raise _Terminated


def main() -> None:
    """Run a command; exit status 0 done, 1 failed, 2 wrong input, 130 and 143 interrupted."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        status = commands(standalone_mode=False, prog_name="recsys")
        sys.stdout.flush()
        sys.exit(status if isinstance(status, int) else 0)
    except RecsysError as error:
        _end(str(error), error.exit_status)
    except click.ClickException as error:
        error.show()
        _end("", 2)
    except (KeyboardInterrupt, click.Abort):
        _end("interrupted: nothing was published", 130)
    except _Terminated:
        _end("terminated: nothing was published", 143)
    except BrokenPipeError:
        os._exit(0)  # the reader, such as `head`, has seen enough
    except OSError as error:
        _end(f"{error.filename or 'the system'}: {error.strerror or error}", 1)


def _end(message: str, status: int) -> None:
    """Say one last thing and leave; when interrupted at once, whatever threads still do."""
    if message:
        print(message, file=sys.stderr)
    if status < 128:
        sys.exit(status)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="recsys")
def commands() -> None:
    """A hierarchical music recommender in SQL, embedded in DuckDB.

    \b
    recsys synth data/demo --scale small       make a demo data set
    recsys build --data data/demo              build the warehouse
    recsys leaderboard                         see how good each model is
    recsys sql "from marts.leaderboard"        ask it anything
    """


for module in (making, asking):
    for command in module.COMMANDS:
        commands.add_command(command)
