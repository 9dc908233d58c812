"""Write a page for every relation."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.cli.extras import require_extra
from recsys.cli.options import warehouse_option


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@warehouse_option
@click.option("--sql", type=click.Path(path_type=Path, file_okay=False), help="Another folder of models.")
def docs(out: Path, warehouse: Path, sql: Path | None) -> None:
    """Write a page for every relation to the folder OUT.

    Each has its header, its SQL, its columns and where they come from, what it reads and what reads it, and
    what its last build took. The pages open without a server; `recsys ui` shows the same.

    \b
    Example: recsys docs catalogue
    """
    require_extra("report", "sqlglot", "pygments")
    from recsys.docs_site import folder

    count = folder.write(warehouse, out, sql)
    print(f"{out / 'index.html'}: open it in a browser, {count} pages")
