"""The group of all commands, and what becomes of their errors."""

from __future__ import annotations

import io
import os
import sys
from typing import NoReturn

import click

from recsys.cli import stopping
from recsys.cli.failures import explained
from recsys.cli.groups import LazyGroup
from recsys.errors import RecsysError
from recsys.report.paper import CITATION
from recsys.version import __version__


def run() -> None:
    """Run the command that the arguments name, and exit: one line for an error that the user can mend."""
    _print_what_the_terminal_can()
    try:
        with program.make_context("recsys", sys.argv[1:]) as context:
            program.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except RecsysError as error:
        _end(str(error), error.exit_status)
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        error.show()
        _end("", 2)
    except BrokenPipeError:
        _end_unheard()
    except OSError as error:
        _end(explained(error) or f"{error.filename or 'the system'}: {error.strerror or error}", 1)


def _print_what_the_terminal_can() -> None:
    """A character that the encoding of the output lacks becomes a question mark instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _end_unheard() -> NoReturn:
    """Whoever read the output, such as `head`, has seen enough; a build that it stopped says what stands."""
    consequence = stopping.consequence()
    if consequence:
        os.write(2, f"nobody reads the output{consequence}\n".encode(errors="replace"))
    os._exit(1 if consequence else 0)


def _end(message: str, status: int) -> None:
    """Say one last thing and leave."""
    if message:
        print(message, file=sys.stderr)
    sys.exit(status)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=CITATION,
)
@click.version_option(__version__, prog_name="recsys")
def program() -> None:
    """A hierarchical music recommender in SQL, embedded in DuckDB.

    \b
    recsys synth data/demo --scale small       make a demo data set
    recsys build --data data/demo              build the warehouse
    recsys leaderboard                         see how good each model is
    recsys sql "from marts.leaderboard"        ask it anything
    """
