"""Print the items most similar to one item."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.cli.groups import command
from recsys.cli.options import count_option, json_option, warehouse_option

SHARED = "Too few users chose it together with others: these share its artist, album or genres."


@command("recsys similar 6076 -k 5", without_pandas=True)
@click.argument("item")
@count_option
@warehouse_option
@json_option
def similar(item: str, count: int, warehouse: Path, as_json: bool) -> None:
    """List the items most similar to ITEM.

    People who like ITEM (a track, an album, an artist or a genre) also like these. For an item that no user
    chose, these share its artist, album or genres.
    """
    from recsys.cli.console import print_json, show
    from recsys.cli.tables.lists import similar_table
    from recsys.library import open as opened

    with opened(warehouse) as found:
        rows = found.similar(item, count).to_dicts()
    if as_json:
        print_json(rows)
    elif rows:
        note = SHARED if rows[0]["source"] == "attributes" else ""
        show("", similar_table(rows), note)
    else:
        print(f"no similar items for {item}: too few users chose it together with others")
