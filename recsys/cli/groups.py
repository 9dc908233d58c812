"""The kinds of click commands: one that prints examples, and a group that imports its commands late."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from recsys.errors import UsageError, unknown


class Example:
    """Print examples below the description of a command."""

    def __init__(self, *given: Any, examples: Sequence[str] = (), **more: Any) -> None:
        super().__init__(*given, **more)
        self.examples = examples

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the description and, unwrapped, the examples."""
        super().format_help_text(ctx, formatter)  # type: ignore[misc]
        if self.examples:
            with formatter.section("Examples" if len(self.examples) > 1 else "Example"):
                formatter.write("".join(f"{'':{formatter.current_indent}}{line}\n" for line in self.examples))


class Command(Example, click.Command):
    """A command with examples; ``without_pandas`` keeps it from importing pandas, which it has no use for."""

    def __init__(self, *given: Any, without_pandas: bool = False, **more: Any) -> None:
        super().__init__(*given, **more)
        self.without_pandas = without_pandas

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        if self.without_pandas:
            from recsys.cli.without_pandas import without_pandas

            without_pandas()
        return super().invoke(ctx)


class LazyGroup(Example, click.Group):
    """A group that imports a command's module only if the command runs or its help is shown."""

    def __init__(
        self, *given: Any, names: Sequence[str], load: Callable[[str], click.Command], **more: Any
    ) -> None:
        super().__init__(*given, **more)
        self.names, self.load = names, load

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, sorted."""
        return sorted(self.names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None if there is none of that name."""
        return self.load(cmd_name) if cmd_name in self.names else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first argument names, or raise UsageError with the nearest name."""
        name = args[0]
        if name not in self.names and not name.startswith("-"):
            raise UsageError(f"{name}: {unknown('command', name, self.names, 'see recsys --help')}")
        return super().resolve_command(ctx, args)


def command(*examples: str, **settings: Any) -> Callable[[Callable[..., Any]], Command]:
    """Return a decorator that makes a function a command whose help shows ``examples``."""
    return click.command(cls=Command, examples=examples, **settings)
