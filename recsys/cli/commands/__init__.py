"""The commands, one module each; a module is imported when its command is needed."""

from __future__ import annotations

from importlib import import_module
from keyword import iskeyword

import click

NAMES = (
    "append",
    "build",
    "diff",
    "docs",
    "doctor",
    "ensemble",
    "evaluate",
    "explain",
    "forget",
    "graph",
    "import",
    "leaderboard",
    "models",
    "recommend",
    "report",
    "similar",
    "sql",
    "submit",
    "synth",
    "ui",
)


def load(name: str) -> click.Command:
    """Import a command: function `build` of module `build`, `import_` of `import_`."""
    identifier = f"{name}_" if iskeyword(name) else name
    command: click.Command = getattr(import_module(f"{__name__}.{identifier}"), identifier)
    return command
