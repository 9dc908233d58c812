"""The output file of a COPY statement of ``recsys sql``."""

from __future__ import annotations

from pathlib import Path

import duckdb

from recsys.errors import UsageError
from recsys.outputs import check_output, is_duckdb


def check_copy(statement: duckdb.Statement) -> None:
    """Refuse a COPY TO that would replace a DuckDB file, or a folder with one in it.

    Raises
    ------
    UsageError
        With the file or folder.
    """
    if statement.type != duckdb.StatementType.COPY:
        return
    target = _target(statement.query)
    if target is None:
        return
    place = Path(target.removeprefix("file://").removeprefix("file:")).expanduser()
    if not place.is_dir():
        if "://" not in target:
            check_output(place)
    elif any(is_duckdb(path) for path in place.rglob("*")):
        raise UsageError(f"{place}: has a DuckDB file in it, which is never replaced; choose another folder")


def _target(copy: str) -> str | None:
    """Return the file that a COPY statement writes; None for one that reads."""
    encoded, depth = copy.encode(), 0
    tokens = duckdb.tokenize(copy)
    ends = [offset for offset, _ in tokens[1:]] + [len(encoded)]
    texts = [encoded[begin:end].decode() for (begin, _), end in zip(tokens, ends, strict=True)]
    for (_, kind), text, following in zip(tokens, texts, [*texts[1:], ""], strict=True):
        depth += text.count("(") - text.count(")") if kind == duckdb.token_type.operator else 0
        if kind == duckdb.token_type.keyword and depth == 0 and text.strip().lower() == "to":
            if not following.startswith("'"):
                raise UsageError("copy ... to: expected a file name in single quotes")
            return following.strip()[1:-1].replace("''", "'")
    return None
