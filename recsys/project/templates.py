"""The templates of models: their syntax, what they print, and the line numbers that they carry along."""

from __future__ import annotations

import re
from functools import lru_cache
from types import CodeType
from typing import Any

import jinja2

from recsys.project.bytecode import kept
from recsys.project.parameters import Literal

MARK, UNMARK = "\ue000", "\ue001"  # private-use characters that no model contains: they carry line numbers
LINE = re.compile(f"{MARK}(\\d+){UNMARK}")


def printed(value: Any) -> Any:
    """How a template prints a value: parameters as SQL literals, text of macros as it is."""
    if isinstance(value, Literal):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, bool):
        return str(value).lower()
    return value


def environment() -> jinja2.Environment:
    """The syntax in which all templates are written; an undefined name is an error."""
    return jinja2.Environment(undefined=jinja2.StrictUndefined, finalize=printed, keep_trailing_newline=True)


SYNTAX = environment()


def compiled(environment: jinja2.Environment, name: str, source: str) -> jinja2.Template:
    """The template of a model's text, which says for each line of what it prints where it stood.

    A text is compiled once a process, however many projects have it, and not at all where an earlier process
    compiled what it had under this name.
    """
    return _template(environment, _code(name, source))


def macros(environment: jinja2.Environment, source: str) -> dict[str, object]:
    """The macros of a text by their names."""
    module = _template(environment, kept(SYNTAX, "macros", source, SYNTAX.compile)).module
    return {name: macro for name, macro in vars(module).items() if not name.startswith("_")}


def _template(environment: jinja2.Environment, code: CodeType) -> jinja2.Template:
    return jinja2.Template.from_code(environment, code, environment.make_globals(None))


@lru_cache(maxsize=1024)
def _code(name: str, source: str) -> CodeType:
    return kept(SYNTAX, name, source, lambda text: SYNTAX.compile(_marked(text)))


@lru_cache(maxsize=1024)
def _tokens(source: str) -> list[tuple[int, str, str]]:
    """The line, the kind and the text of each piece of a template."""
    return [(line, kind, str(value)) for line, kind, value in SYNTAX.lex(source)]


def _marked(source: str) -> str:
    """The text with each line's number where the line begins, unless that is inside a Jinja tag."""
    pieces = []
    for line, kind, text in _tokens(source):
        first, *rest = text.split("\n") if kind == "data" else [text]
        pieces += [first, *(f"\n{MARK}{line + i}{UNMARK}{part}" for i, part in enumerate(rest, 1))]
    return f"{MARK}1{UNMARK}" + "".join(pieces)


def unmarked(text: str) -> tuple[str, tuple[int, ...]]:
    """What a template printed without the marks, and for each of its lines the template line it came from.

    That is the first mark of a line, or the last one before it.
    """
    current, first, lines = 1, 0, list[int]()
    pieces = LINE.split(text)
    for mark, piece in zip(["", *pieces[1::2]], pieces[::2], strict=True):
        if mark:
            current = int(mark)
            first = first or current
        if breaks := piece.count("\n"):
            lines += [first or current, *[current] * (breaks - 1)]
            first = 0
    return "".join(pieces[::2]), (*lines, first or current)


@lru_cache(maxsize=1024)
def own_text(source: str) -> str:
    """What a template says outside of its tags, on the lines on which it stands; a value is a name ``_``."""
    text = ""
    for line, kind, value in _tokens(source):
        text += "\n" * (line - 1 - text.count("\n"))
        if kind == "data":
            text += value
        elif kind == "variable_begin":
            text += "_"
    return text
