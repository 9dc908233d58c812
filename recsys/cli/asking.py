"""Commands that ask a warehouse; none of them writes to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recsys.cli.options import json_option, warehouse_option, wide_option
from recsys.errors import UsageError
from recsys.report.paper import CITATION

if TYPE_CHECKING:
    from recsys.backends.duckdb.statements import Connection


@click.command(epilog=CITATION)
@warehouse_option
@wide_option
@json_option
def leaderboard(warehouse: Path, wide: bool, as_json: bool) -> None:
    """Print how good each model is, the best first.

    Accuracy is the share of judged candidates predicted right; the interval is of 95 %, over users. --wide
    adds areas under the ROC curve, seconds, and figures that were published of such data.

    \b
    Example: recsys leaderboard --wide
    """
    from recsys.backends.duckdb.connection import reading
    from recsys.cli.console import print_json, show
    from recsys.cli.tables import leaderboard_table
    from recsys.serving import queries

    with reading(warehouse) as connection:
        queries.require(connection, warehouse, "marts.leaderboard")
        rows, is_compared = queries.leaderboard(connection), queries.is_compared(connection)
        constant = queries.constant_scores(connection)
    if as_json:
        print_json(rows)
    else:
        note = CITATION if wide and is_compared else ""
        notes = [text for text in (queries.unjudged(rows), constant, note) if text]
        show("Leaderboard", leaderboard_table(rows, wide, is_compared), "\n".join(notes))


@click.command()
@click.argument("user")
@click.argument("track")
@warehouse_option
@wide_option
@json_option
def explain(user: str, track: str, warehouse: Path, wide: bool, as_json: bool) -> None:
    """Show what the score of TRACK for USER is made of.

    There is a row for each piece of evidence; what they add makes the score of the model adaptive. --wide
    adds the ratings that a value is based on, and its weight.

    \b
    Example: recsys explain 3 2703
    """
    from recsys.backends.duckdb.connection import reading
    from recsys.cli.console import print_json, show
    from recsys.cli.tables import explanation_table
    from recsys.serving import ids, queries
    from recsys.serving.explain import explain as evidence
    from recsys.serving.explain import score

    with reading(warehouse) as connection:
        queries.require(connection, warehouse, "explain")
        pair = ids.user_id(connection, user), ids.item_id(connection, track)
        rows = evidence(connection, *pair)
    if as_json:
        print_json(rows)
    else:
        show("", explanation_table(rows, wide), f"\nadaptive score {score(rows):.2f}")


@click.command()
@click.argument("item")
@click.option("-k", "count", type=click.IntRange(min=1), default=10, show_default=True, help="How many.")
@warehouse_option
@json_option
def similar(item: str, count: int, warehouse: Path, as_json: bool) -> None:
    """Print the tracks that go best with ITEM.

    It is a track, an album, an artist or a genre.

    \b
    Example: recsys similar 6076 -k 5
    """
    from recsys.cli.console import print_json, show
    from recsys.cli.tables import similar_table
    from recsys.library import open as opened

    with opened(warehouse) as found:
        rows = found.similar(item, count).to_dicts()
    if as_json:
        print_json(rows)
    elif rows:
        show("", similar_table(rows))
    else:
        print(f"no track goes with item {item}: too few users rated it close to tracks that they liked")


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="[MODEL] OUT")
@warehouse_option
def submit(words: tuple[str, ...], warehouse: Path) -> None:
    """Write a model's predictions to OUT as a submission file.

    Without MODEL, it is the best one, as the end of a build and marts.best_model name it.

    \b
    Examples: recsys submit submission.csv
              recsys submit adaptive submission.csv
    """
    from recsys.backends.duckdb.connection import reading
    from recsys.serving import queries

    *named, last = words
    out = Path(last)
    if len(named) > 1:
        raise UsageError(f"submit {' '.join(words)}: expected a model and a file, or a file alone")
    with reading(warehouse) as connection:
        queries.require(connection, warehouse, "marts.leaderboard", "submission")
        model = named[0] if named else _best(connection, warehouse)
        count = queries.write_submission(connection, model, out)
    print(f"{out}: {count:,} candidates as {model} ranks them")


def _best(connection: Connection, warehouse: Path) -> str:
    from recsys.serving import queries

    best = queries.best_model(connection)
    if best is None:
        raise UsageError(f"{warehouse}: neither labels nor validation tell which model is best: name one")
    return str(best["model"])


@click.command()
@click.argument("query", required=False)
@warehouse_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of a table.")
@json_option
def sql(query: str | None, warehouse: Path, as_csv: bool, as_json: bool) -> None:
    """Run QUERY on the warehouse, or open a prompt.

    QUERY is SQL, .tables or .schema NAME; the warehouse is never written to.

    \b
    Examples: recsys sql "select * from explain(3, 2703)"
              recsys sql "copy (from submission('adaptive')) to 'submission.csv' (header)"
    """
    from recsys.backends.duckdb.connection import reading
    from recsys.cli.shell import Format, answer, prompt

    if as_csv and as_json:
        raise UsageError("--csv and --json: expected one of them")
    shape = Format.CSV if as_csv else Format.JSON if as_json else Format.TABLE
    with reading(warehouse) as connection:
        if query is not None:
            answer(connection, query, shape)
        else:
            prompt(connection, warehouse, shape)


@click.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@wide_option
@json_option
def diff(before: Path, after: Path, wide: bool, as_json: bool) -> None:
    """Say what changed between two warehouses.

    Versions, parameters, inputs, and the content of relations are compared. --wide adds what was there
    before and after to the reasons for a relation's change.

    \b
    Example: recsys diff before.duckdb warehouse/recsys.duckdb
    """
    from recsys.cli.console import print_json, show
    from recsys.cli.tables import differences_table
    from recsys.serving.diff import differences

    rows = [difference.as_dict() for difference in differences(before, after)]
    if as_json:
        print_json(rows)
    elif rows:
        show("Differences", differences_table(rows, wide))
    else:
        print("the same settings, parameters, inputs and content")


COMMANDS = (leaderboard, explain, similar, submit, sql, diff)
