"""Serve the explorer on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.cli.extras import require_extra
from recsys.cli.options import warehouse_option


@click.command()
@warehouse_option
@click.option("--port", type=click.IntRange(0, 65535), default=8350, show_default=True)
def ui(warehouse: Path, port: int) -> None:
    """Open the explorer in a browser on this machine.

    It shows users, their history, candidates by any model, explanations, and answers SQL.

    \b
    Example: recsys ui --port 8350
    """
    require_extra("ui", "starlette", "uvicorn", "sqlglot", "pygments")
    from recsys.ui.app import serve

    serve(warehouse, port=port)
