"""Print the items most similar to one item."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.cli.options import json_option, warehouse_option


@click.command()
@click.argument("item")
@click.option(
    "-k", "count", type=click.IntRange(1, 1_000_000), default=10, show_default=True, help="How many."
)
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
