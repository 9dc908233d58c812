"""Recommend items to users, with reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recsys.cli.groups import command
from recsys.cli.options import (
    count_option,
    diversity_option,
    json_option,
    memory_option,
    threads_option,
    warehouse_option,
)
from recsys.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from recsys.backends.duckdb.statements import Connection
    from recsys.serving.recommender import Recommender, RecommendRequest

NOTHING_LEFT = (
    "No item is left to recommend: the user has interacted with all of them. Add --include-rated to see them."
)
NOTHING_ALLOWED = (
    "No item is left to recommend: the user has interacted with every item that the filter allows. Allow "
    "more items, or add --include-rated."
)
COLUMNS = ["user", "rank", "item", "name", "score", "reason"]


@dataclass(frozen=True)
class UserChoice:
    """Hold the choice of users: named, from a file, all, or one visitor with values of items."""

    users: Sequence[str]
    file: Path | None
    everybody: bool
    values: str | None

    def refuse_none_or_several(self) -> None:
        """Refuse a command that names no users, or names them in two ways."""
        given = (len(self.users) > 0) + (self.file is not None) + self.everybody + (self.values is not None)
        if given != 1:
            how = "give" if given == 0 else "give only one of"
            raise UsageError(f"{how} a user id, --users FILE, --all or --ratings")


@command(
    "recsys recommend 17 18 -k 5",
    "recsys recommend --all --out top.parquet",
    "recsys recommend --ratings '318=5,296=4.5'",
    "recsys recommend 17 --where \"list_contains(genres, 'Comedy')\"",
    without_pandas=True,
)
@click.argument("users", nargs=-1, metavar="[USER]...")
@click.option(
    "--users", "users_file", type=click.Path(path_type=Path), help="File with one user id per line."
)
@click.option("--all", "everybody", is_flag=True, help="Recommend to all users; needs --out.")
@click.option(
    "--ratings", "values", metavar="VALUES", help="Recommend to a visitor: ITEM=VALUE,... or a file."
)
@count_option
@click.option("--model", metavar="NAME", help="List model that makes the lists.  [default: the best]")
@click.option("--only", type=click.Path(path_type=Path), help="File of the only item ids to recommend.")
@click.option("--except", "excluding", type=click.Path(path_type=Path), help="File of item ids to leave out.")
@click.option("--where", metavar="CONDITION", help="SQL condition on items, such as 'year >= 2000'.")
@diversity_option
@click.option("--out", type=click.Path(path_type=Path), help="File to write: .parquet, .csv or .csv.gz.")
@click.option(
    "--exclude-rated/--include-rated",
    default=True,
    show_default=True,
    help="Leave out items that the user has interacted with.",
)
@warehouse_option
@threads_option
@memory_option("2GB")
@json_option
def recommend(
    users: Sequence[str],
    users_file: Path | None,
    everybody: bool,
    values: str | None,
    count: int,
    model: str | None,
    only: Path | None,
    excluding: Path | None,
    where: str | None,
    diversity: float,
    out: Path | None,
    exclude_rated: bool,
    warehouse: Path,
    threads: int,
    memory: str,
    as_json: bool,
) -> None:
    """Recommend items to users, with reasons.

    By default the lists are those that the build stored. Another model, a filter, a longer list or a visitor
    is computed. Users of --users FILE that are not in the data get the list of a new user.
    """
    from recsys.backends.database import Limits
    from recsys.backends.duckdb.connection import reading
    from recsys.cli.console import print_json
    from recsys.serving import export
    from recsys.serving.filters import ItemFilter
    from recsys.serving.recommender import RELATION, Recommender, RecommendRequest
    from recsys.serving.relations import require

    choice = UserChoice(users, users_file, everybody, values)
    choice.refuse_none_or_several()
    if everybody and out is None:
        raise UsageError("--all writes a file; add --out FILE.parquet or --out FILE.csv")
    with reading(warehouse) as connection:
        require(connection, warehouse, RELATION)
        recommender = Recommender(connection, warehouse, Limits(threads, memory))
        items = ItemFilter.of(connection, _ids(only), _ids(excluding), where)
        request = RecommendRequest(count, model, not exclude_rated, items, diversity)
        recommender.model(request)  # refuses an unknown model before any list is made
        if out is not None:
            inputs = [path for path in (users_file, only, excluding, values) if path]
            export.check(out, [Path(path) for path in inputs])
            rows = export.write(_with_progress(recommender, request, choice), out)
            print(f"{out}: {rows:,} rows, by {recommender.model(request)}{_unknown(recommender, request)}")
            _warn_of_unlearned(connection)
            return
        found = [row for table in _lists(recommender, request, choice) for row in table.to_pylist()]
        if as_json:
            print_json(found)
        else:
            _show(found, len({row["user"] for row in found}) > 1, recommender, request)
        _warn_of_unlearned(connection)


def _warn_of_unlearned(connection: Connection) -> None:
    """Say on stderr that much was appended since the build, where it was."""
    from recsys.cli.console import console
    from recsys.serving.freshness import freshness

    found = freshness(connection)
    if found.is_far_behind:
        console(stderr=True).print(
            f"warning: {found.sentence}", markup=False, highlight=False, soft_wrap=True
        )


def _ids(path: Path | None) -> list[str] | None:
    """Return the ids of a file."""
    from recsys.serving.id_files import read_ids

    return None if path is None else read_ids(path)


def _show(
    rows: Sequence[dict], is_of_many: bool, recommender: Recommender, request: RecommendRequest
) -> None:
    from recsys.cli.console import show
    from recsys.cli.tables.lists import lists_table

    if rows:
        show(
            "",
            lists_table(rows, is_of_many),
            f"\nby {recommender.model(request)}{_unknown(recommender, request)}",
        )
    else:
        print(NOTHING_LEFT if request.items.is_empty else NOTHING_ALLOWED)


def _unknown(recommender: Recommender, request: RecommendRequest) -> str:
    """Return the number of unknown users of a batch and the model of their list, as the end of a sentence."""
    count = len(recommender.unknown_users)
    are = "user is" if count == 1 else "users are"
    model = f", by {recommender.stored.of_new_users}" if request.model is None else ""
    return f"; {count:,} {are} not in the data and got the list of a new user{model}" if count else ""


def _with_progress(
    recommender: Recommender, request: RecommendRequest, choice: UserChoice
) -> Iterator[pa.Table]:
    """Yield the lists and show how far they are."""
    from recsys.cli.console import console
    from recsys.cli.progress import ProgressLine

    line = ProgressLine(console(stderr=True))
    line.show("recommending")
    try:
        yield from _lists(recommender, request, choice, line.advance)
    finally:
        line.stop()


def _lists(
    recommender: Recommender,
    request: RecommendRequest,
    choice: UserChoice,
    report: Callable[[float, str], None] | None = None,
) -> Iterator[pa.Table]:
    """Yield the lists in the columns that people read."""
    from recsys.cli.visitor_ratings import parsed
    from recsys.serving import ids
    from recsys.serving.id_files import read_ids
    from recsys.serving.interactions import interactions

    connection = recommender.connection
    if choice.values is not None:
        given = parsed(choice.values, interactions(connection))
        items = ids.item_ids(connection, [item for item, _ in given])
        values = dict(zip(items, (value for _, value in given), strict=True))
        tables = iter([recommender.for_values(request, values)])
    elif choice.file is not None:
        tables = recommender.batch(request, read_ids(choice.file), report)
    else:
        known = ids.user_ids(connection, choice.users) if choice.users else None
        tables = recommender.blocks(request, known, report)
    for table in tables:
        yield table.select(COLUMNS)
