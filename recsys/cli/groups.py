"""A group of commands that are imported when they are needed."""

from __future__ import annotations

import click

from recsys.cli.commands import NAMES, load


class LazyGroup(click.Group):
    """Import a command's module only if it runs or its help is shown."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, sorted."""
        return sorted(NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None if there is none of that name."""
        return load(cmd_name) if cmd_name in NAMES else None
