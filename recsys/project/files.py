"""Read the files of a ``sql/`` folder: UTF-8 text, and names that SQL can use without quotes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from recsys.errors import BuildError, UsageError

PACKAGE = Path(__file__).resolve().parents[1]
SQL = ".sql"
_RESERVED = """
all analyse analyze and any array as asc asymmetric both case cast check collate column constraint
create default deferrable desc describe distinct do else end except false fetch for foreign from
group having in initially intersect into lambda lateral leading limit not null offset on only or
order pivot pivot_longer pivot_wider placing primary qualify references returning select show some
summarize symmetric table then to trailing true union unique unpivot using variadic when where
window with
"""
RESERVED = frozenset(_RESERVED.split())  # DuckDB's reserved words
_JOINING = """
anti asof at authorization binary by collation columns concurrently cross freeze full generated glob
ilike inner is isnull join left like map natural notnull outer overlaps positional right semi
similar struct tablesample try_cast tuple unpack verbose
"""
JOINING = frozenset(_JOINING.split())  # DuckDB's words for functions, types and joins
ENGINES_OWN = frozenset({"information_schema", "pg_catalog", "scratch", "system", "temp", "warehouse"})
PRIVATE_USE = "\ue000", "\ue001"  # mark lines while templates are rendered


def shipped() -> Path:
    """Return the folder of models that ship with the program: inside a wheel's package, else next to it."""
    inside = PACKAGE / "sql"
    return inside if inside.is_dir() else PACKAGE.parent / "sql"


def read_text(path: Path) -> str:
    r"""Read a text file, with any line ends and with or without a byte order mark.

    Parameters
    ----------
    path : Path
        A model, a macro or a TOML file.

    Returns
    -------
    str
        The text with ``\\n`` at the end of lines.

    Raises
    ------
    UsageError
        With file and line, where a byte is not UTF-8.
    """
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = f"0x{data[error.start]:02x}"
        raise UsageError(f"{path}:{line}: byte {byte} is not UTF-8: save the file as UTF-8") from None
    for mark in PRIVATE_USE:
        if mark in text:
            line = text.count("\n", 0, text.index(mark)) + 1
            raise UsageError(f"{path}:{line}: U+{ord(mark):04X} is not allowed: remove this character")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def sql_files(root: Path) -> Iterator[Path]:
    """Find every SQL file below a folder, those in linked folders too. Hidden files are skipped.

    Raises
    ------
    BuildError
        For a name that ends in .SQL or the like, which some file systems tell from .sql and others do not.
    """
    seen = set[str]()
    for folder, folders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(folder, name) for name in names if not name.startswith(".")):
            if path.suffix == SQL:
                yield path
            elif path.suffix.lower() == SQL:
                raise BuildError(f"{path}: expected a name that ends in {SQL}: rename the file")


def check_name(path: Path, layer: str) -> None:
    """Refuse a file whose name cannot be that of a relation.

    Raises
    ------
    BuildError
        The name of the file or of its layer is a word that SQL or DuckDB needs.
    """
    words = RESERVED | JOINING if layer == "scores" else RESERVED
    if path.stem in words:
        raise BuildError(f"{path}: {path.stem} is a reserved word of SQL: rename the file")
    if layer in RESERVED | ENGINES_OWN:
        raise BuildError(f"{path}: the folder {layer} has a name that SQL or DuckDB uses: rename it")


def parameters_file(root: Path | None = None) -> Path:
    """Return the parameter file of a folder of models; raise UsageError if it has none.

    Parameters
    ----------
    root : Path, optional
        The folder. Default: the models that ship with the program.
    """
    path = (root or shipped()) / "parameters.toml"
    if not path.is_file():
        raise UsageError(
            f"{path.parent}: no SQL models there (no parameters.toml); choose another folder with --sql"
        )
    return path
