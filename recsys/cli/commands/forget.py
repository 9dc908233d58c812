"""Remove users and items from the data and the warehouse."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recsys.cli.groups import Command
from recsys.cli.options import WAREHOUSE_VARIABLE, memory_option, threads_option
from recsys.errors import UsageError

if TYPE_CHECKING:
    from recsys.engine.forgetting import Forgotten, Request

ITEMS = "--items"


class _WithItems(Command):
    """A command whose option ``--items`` takes all words up to the next option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat the option before each of its words."""
        words, is_items = list[str](), False
        for word in args:
            if word.startswith("--"):
                is_items = word == ITEMS
                words += [] if is_items else [word]
            else:
                words += [ITEMS, word] if is_items else [word]
        return super().parse_args(ctx, words)


@click.command(
    cls=_WithItems,
    examples=(
        "recsys forget 17 --data data/mine --warehouse mine.duckdb",
        "recsys forget --items B00F 8812 --data data/mine --rebuild --warehouse mine.duckdb",
    ),
)
@click.argument("users", nargs=-1, metavar="[USER]...")
@click.option(ITEMS, multiple=True, metavar="ITEM...", help="Items to remove, up to the next option.")
@click.option(
    "--data", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Imported data directory."
)
@click.option(
    "--warehouse",
    type=click.Path(path_type=Path),
    envvar=WAREHOUSE_VARIABLE,
    show_envvar=True,
    help="Warehouse file to remove them from too.",
)
@click.option("--rebuild", is_flag=True, help="Build the warehouse at once, to learn without them.")
@threads_option
@memory_option("4GB")
def forget(
    users: Sequence[str],
    items: Sequence[str],
    data: Path,
    warehouse: Path | None,
    rebuild: bool,
    threads: int,
    memory: str,
) -> None:
    """Remove users and items, with their ratings, ids and names.

    Writes the files of the data directory and the warehouse anew, so that no byte of an id or name stays in
    them. Integer ids of others stay. What models learned stays until the next build, or use --rebuild.
    """
    from recsys.backends.database import Limits
    from recsys.cli.console import console
    from recsys.engine.forgetting import Request
    from recsys.engine.forgetting import forget as remove

    if rebuild and warehouse is None:
        raise UsageError("--rebuild: give the warehouse to build with --warehouse FILE")
    request = Request(users, items, data, warehouse, Limits(threads, memory))
    found = remove(request)
    for sentence in _sentences(request, found, rebuild):
        console().print(sentence, markup=False, highlight=False, soft_wrap=True)
    if rebuild:
        _build(request)


def _sentences(request: Request, found: Forgotten, rebuild: bool) -> list[str]:
    """Return sentences about what was removed, and where traces are left."""
    who = " and ".join(
        f"{count:,} {noun}{'s' if count > 1 else ''}"
        for count, noun in ((found.users, "user"), (found.items, found.noun))
        if count
    )
    sentences = [f"forgot {who}: {found.ratings:,} ratings of {request.data}"]
    if request.warehouse is None:
        return [*sentences, "Warehouses built from these data still have them: repeat with --warehouse FILE"]
    sentences[0] += f", {found.rows:,} rows in {found.relations:,} relations of {request.warehouse}"
    if rebuild:
        return sentences
    words = ["recsys", "build", "--data", str(request.data), "--warehouse", str(request.warehouse)]
    stays = "What models learned from them, and totals that count them, stay until the next build:"
    return [*sentences, stays, f"  {shlex.join(words)}"]


def _build(request: Request) -> None:
    """Build the warehouse and show the progress."""
    from recsys.cli.build_progress import BuildConsole, Detail
    from recsys.cli.stopping import report_build_on_stop
    from recsys.engine.build import build
    from recsys.engine.rebuilding import rebuild_options

    assert request.warehouse is not None
    options = rebuild_options(request.data, request.warehouse, request.limits)
    reporter = BuildConsole(f"Building {options.warehouse} from {options.data}", False, Detail.LAYERS)
    report_build_on_stop(options.warehouse)
    try:
        build(options, reporter)
    finally:
        reporter.close()
