"""One line for each error of the command line, click's own included."""

from __future__ import annotations

import re

import click

EXTRA_ARGUMENT = re.compile(r"Got unexpected extra arguments? \((.*)\)")


class RefusedValueError(click.BadParameter):
    """A value that an option does not take; the message begins with that value."""


def usage_line(error: click.ClickException) -> str:
    """Translate an error of click into the style of all other errors."""
    if isinstance(error, click.BadParameter):
        return _of_parameter(error)
    if isinstance(error, click.NoSuchOption):
        near = error.possibilities
        return f"no such option {error.option_name}" + (f"; did you mean {near[0]}?" if near else _see(error))
    if isinstance(error, click.BadOptionUsage):
        verb = "takes no value" if "does not take" in error.message else "needs a value"
        return f"{error.option_name} {verb}{_see(error)}"
    extra = EXTRA_ARGUMENT.match(error.message)
    if extra:
        return f"unexpected argument: {extra[1]}{_see(error)}"
    return _clause(error.format_message())


def _of_parameter(error: click.BadParameter) -> str:
    if isinstance(error, click.MissingParameter):
        kind = error.param.param_type_name if error.param else "parameter"
        return f"missing {kind} {_parameter(error)}{_see(error)}"
    if isinstance(error, RefusedValueError):
        return f"{_parameter(error)} {error.message}"
    return f"{_parameter(error)}: {_clause(error.message)}"


def _parameter(error: click.BadParameter) -> str:
    """Return an option as it is typed, or an argument as the help names it."""
    if isinstance(error.param, click.Option):
        return max(error.param.opts, key=len)
    if error.param is not None and error.ctx is not None:
        return error.param.make_metavar(error.ctx).strip("[].")
    return "argument"


def _see(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"; see {context.command_path} --help" if context else ""


def _clause(sentence: str) -> str:
    """Return a sentence without its capital and full stop."""
    return f"{sentence[:1].lower()}{sentence[1:]}".rstrip(".")
