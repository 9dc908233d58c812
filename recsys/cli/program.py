"""The group of all commands, and the one place that reports their errors."""

from __future__ import annotations

import io
import os
import sys
from typing import NoReturn

import click

from recsys.cli import stopping
from recsys.cli.commands import NAMES, load
from recsys.cli.failures import explained
from recsys.cli.groups import LazyGroup
from recsys.cli.messages import usage_line
from recsys.errors import RecsysError
from recsys.report.paper import CITATION
from recsys.version import __version__


def run() -> None:
    """Run the command that the arguments name, and exit; an error that the user can fix is one line."""
    _replace_unprintable_characters()
    try:
        with program.make_context("recsys", sys.argv[1:]) as context:
            program.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except RecsysError as error:
        _fail(str(error), error.exit_status)
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        _fail(usage_line(error), 2)
    except BrokenPipeError:
        _end_unread()
    except OSError as error:
        _fail(explained(error) or f"{error.filename or 'the system'}: {error.strerror or error}", 1)


def _replace_unprintable_characters() -> None:
    """Print a question mark for a character that the encoding of the output lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _end_unread() -> NoReturn:
    """End because the reader of the output, such as `head`, has closed it; an error only for a build."""
    consequence = stopping.consequence()
    if consequence:
        os.write(2, f"Error: output closed; {consequence}\n".encode(errors="replace"))
    os._exit(1 if consequence else 0)


def _fail(message: str, status: int) -> NoReturn:
    """Print an error and exit."""
    print(f"Error: {message}", file=sys.stderr)
    _drop_unwritable()
    sys.exit(status)


def _drop_unwritable() -> None:
    """Drop output that a full disk refuses, so that the interpreter doesn't report it again at its end."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(
    cls=LazyGroup,
    names=NAMES,
    load=load,
    examples=(
        "recsys import ratings.csv --out data/mine   convert your own ratings, or",
        "recsys synth data/demo --scale small        make a demo data set",
        "recsys build --data data/demo               build the warehouse",
        "recsys leaderboard                          compare the models",
        "recsys recommend 3                          recommend items to a user",
        'recsys sql "from marts.leaderboard"         query anything',
    ),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=CITATION,
)
@click.version_option(__version__, prog_name="recsys")
def program() -> None:
    """Recommend items from ratings, with SQL models in a DuckDB file."""
