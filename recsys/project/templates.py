"""Define the template syntax, how values print, and how line numbers survive rendering."""

from __future__ import annotations

import re
from functools import lru_cache
from types import CodeType
from typing import Any

import jinja2

from recsys.project.bytecode import cached_code
from recsys.project.parameters import Literal

MARK, UNMARK = "\ue000", "\ue001"  # private-use characters around line numbers; no model contains them
LINE = re.compile(f"{MARK}(\\d+){UNMARK}")


def printed(value: Any) -> Any:
    """Convert a value for printing: parameters as SQL literals, text of macros unchanged."""
    if isinstance(value, Literal):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, bool):
        return str(value).lower()
    return value


def environment() -> jinja2.Environment:
    """Return the Jinja environment of all templates; an undefined name is an error."""
    return jinja2.Environment(undefined=jinja2.StrictUndefined, finalize=printed, keep_trailing_newline=True)


SYNTAX = environment()
COMMENT = re.compile(r"^([^'\n]*?)(--[^\n]*)$", re.MULTILINE)
REF = re.compile(r"\{\{-?\s*ref\(\s*['\"]([\w.]+)['\"]\s*\)\s*-?\}\}")


def compiled(environment: jinja2.Environment, name: str, source: str) -> jinja2.Template:
    """Compile a model's template with line marks.

    A text is compiled once per process, and not at all if an earlier process cached it under this name.

    Parameters
    ----------
    environment : jinja2.Environment
        Provides functions and macros.
    name : str
        Name of the model.
    source : str
        Text of the template.
    """
    return _template(environment, _code(name, source))


def macros(environment: jinja2.Environment, source: str) -> dict[str, object]:
    """Return the macros of a text by name."""
    module = _template(environment, _macro_code(source)).module
    return {name: macro for name, macro in vars(module).items() if not name.startswith("_")}


@lru_cache(maxsize=16)
def _macro_code(source: str) -> CodeType:
    return cached_code(SYNTAX, "macros", source, SYNTAX.compile)


def _template(environment: jinja2.Environment, code: CodeType) -> jinja2.Template:
    return jinja2.Template.from_code(environment, code, environment.make_globals(None))


@lru_cache(maxsize=1024)
def _code(name: str, source: str) -> CodeType:
    return cached_code(SYNTAX, name, source, lambda text: SYNTAX.compile(_marked(with_plain_comments(text))))


@lru_cache(maxsize=1024)
def _tokens(source: str) -> list[tuple[int, str, str]]:
    """Return line, kind and text of each token of a template."""
    return [(line, kind, str(value)) for line, kind, value in SYNTAX.lex(source)]


def with_plain_comments(source: str) -> str:
    """Return a template in which a ``ref()`` inside an SQL comment is the name as it was written.

    A comment reads nothing, so that such a name makes no edge of the graph and is not moved elsewhere.
    """
    return COMMENT.sub(lambda line: line[1] + REF.sub(r"\1", line[2]), source)


def _marked(source: str) -> str:
    """Insert each line's number at its start, except inside a Jinja tag."""
    pieces = []
    for line, kind, text in _tokens(source):
        first, *rest = text.split("\n") if kind == "data" else [text]
        pieces += [first, *(f"\n{MARK}{line + i}{UNMARK}{part}" for i, part in enumerate(rest, 1))]
    return f"{MARK}1{UNMARK}" + "".join(pieces)


def unmarked(text: str) -> tuple[str, tuple[int, ...]]:
    """Remove the marks from rendered text; return it with the template line of each of its lines.

    The template line is the first mark of a line, or the last one before it.
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
    """Return the text outside of tags, on its original lines; a printed value becomes a name ``_``."""
    text = ""
    for line, kind, value in _tokens(source):
        text += "\n" * (line - 1 - text.count("\n"))
        if kind == "data":
            text += value
        elif kind == "variable_begin":
            text += "_"
    return text
