"""Write a page for every relation."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.cli.extras import require_extra
from recsys.cli.groups import command
from recsys.cli.options import models_folder_option, warehouse_option


@command("recsys docs catalogue")
@click.argument("out", type=click.Path(path_type=Path))
@warehouse_option
@models_folder_option
def docs(out: Path, warehouse: Path, sql: Path | None) -> None:
    """Write a page about every relation into a folder.

    A page has the header, SQL, columns, lineage and build time of a relation. The pages in the folder OUT
    open without a server; `recsys ui` has them too.
    """
    require_extra("report", "sqlglot", "pygments")
    from recsys.docs_site import folder

    count = folder.write(warehouse, out, sql)
    print(f"{out / 'index.html'}: open it in a browser, {count} pages")
