"""Serve the explorer on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.cli.extras import require_extra
from recsys.cli.groups import command
from recsys.cli.options import WholeNumber, warehouse_option


@command("recsys ui --port 8350")
@warehouse_option
@click.option(
    "--port", type=WholeNumber(0, 65535), default=8350, show_default=True, help="Port; 0 takes a free one."
)
def ui(warehouse: Path, port: int) -> None:
    """Open the explorer in a browser on this machine.

    It shows users, items, recommendations, explanations and lineage, and runs SQL.
    """
    require_extra("ui", "starlette", "uvicorn", "sqlglot", "pygments")
    from recsys.ui.app import serve

    serve(warehouse, port=port)
