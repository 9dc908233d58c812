"""The steps of an import, in their order."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from recsys.errors import InputError, UsageError
from recsys.sources.importing.columns import chosen, guessed, plain, required
from recsys.sources.importing.engine import Engine
from recsys.sources.importing.tables import Table, inspect
from recsys.version import __version__

FORMAT_VERSION = 1
METADATA = "dataset.json"
LIKED = 80  # of 0..100: rating from which on the test's protocol calls a track liked
DRAWS = 12  # tracks drawn for each one that is to be found unrated
NESTED = ("]", ")")  # how the types of lists, structures and maps end
DUPLICATES = ("refuse", "last", "mean")
WRITTEN = ("tracks", "albums", "artists", "genres", "users", "items")


@dataclass(frozen=True)
class Options:
    """What a person asked of an import; ``columns`` and ``item_columns`` name columns by what they hold."""

    files: Sequence[str]
    out: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    items: str | None = None
    item_columns: Mapping[str, str] = field(default_factory=dict)
    separator: str | None = None
    scale: tuple[float, float] | None = None
    holdout: int = 3
    seed: int = 1
    duplicates: str = "refuse"
    force: bool = False
    threads: int = 2
    memory: str = "4GB"


@dataclass
class Result:
    """What an import found and wrote: the column of each thing, the scale, and counts."""

    columns: dict[str, str | None]
    item_columns: dict[str, str | None]
    scale: tuple[float, float]
    is_scale_given: bool
    counts: dict[str, int]


Report = Callable[[float, str], None]


def run(options: Options, report: Report = lambda fraction, message: None) -> Result:
    """Import ratings into a new data directory, which appears complete or not at all.

    ``report(fraction, message)`` draws the progress line. UsageError for wrong arguments, InputError for a
    row that cannot be used; nothing is written then.
    """
    _check(options)
    with _unfinished(options) as folder:
        (folder / "scratch").mkdir()
        step = [""]
        engine = Engine(
            folder / "scratch", options.threads, options.memory, lambda done: report(done, step[0])
        )
        try:
            work = _Import(options, engine, folder, lambda name: step.__setitem__(0, name))
            result = work.run()
        finally:
            engine.close()
        shutil.rmtree(folder / "scratch")
        _write_metadata(options, result, folder)
    return result


def _check(options: Options) -> None:
    if options.out.exists() and not options.force:
        raise UsageError(f"{options.out}: is there already: --force replaces it")
    if options.out.exists() and not (options.out / METADATA).is_file():
        raise UsageError(f"{options.out}: no imported data, which alone --force replaces")
    if options.duplicates not in DUPLICATES:
        raise UsageError(f"--duplicates {options.duplicates}: expected {' or '.join(DUPLICATES)}")
    if options.scale and not options.scale[0] < options.scale[1]:
        raise UsageError(
            f"--scale {options.scale[0]:g} {options.scale[1]:g}: expected the lowest rating first"
        )
    if options.item_columns and options.items is None:
        raise UsageError(
            f"--{next(iter(options.item_columns))}: a column of the file --items, which is not given"
        )


@contextlib.contextmanager
def _unfinished(options: Options) -> Iterator[Path]:
    """A folder beside the one to be written, which takes its place at the end."""
    out = options.out.absolute()
    folder = out.with_name(f".{out.name}.unfinished")
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        yield folder
        if out.exists():
            replaced = out.with_name(f".{out.name}.replaced")
            out.rename(replaced)
            folder.rename(out)
            shutil.rmtree(replaced)
        else:
            folder.rename(out)
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Import:
    """One import under way; ``tell`` names the step."""

    def __init__(self, options: Options, engine: Engine, folder: Path, tell: Callable[[str], None]) -> None:
        self.options, self.engine, self.folder, self.tell = options, engine, folder, tell

    def run(self) -> Result:
        ratings = self._inspect(self.options.files, self._is_header_of_ratings)
        columns = self._columns(ratings)
        items = None
        if self.options.items is not None:
            items = self._inspect([self.options.items], self._is_header_of_items, -1)
        item_columns = self._item_columns(items, columns["item"])
        self._read_ratings(ratings, columns)
        scale = self._scale(ratings, columns)
        self._read_items(items, item_columns)
        self._code(scale)
        self._refuse_repeated(ratings)
        return Result(columns, item_columns, scale, self.options.scale is not None, self._hold_out())

    def _inspect(
        self, patterns: Sequence[str], is_header: Callable[[Sequence[str]], bool], *sample: int
    ) -> Table:
        return inspect(self.engine, patterns, is_header, *sample)

    def _is_header_of_ratings(self, texts: Sequence[str]) -> bool:
        wanted = self.options.columns
        return all(wanted.get(role) in texts or guessed(role, texts) for role in ("user", "item"))

    def _is_header_of_items(self, texts: Sequence[str]) -> bool:
        names = set(self.options.item_columns.values())
        return names <= set(texts) if names else self._item_column(texts, "") is not None

    def _columns(self, table: Table) -> dict[str, str | None]:
        wanted, there = self.options.columns, table.columns
        ids = {role: required(table.name, role, wanted.get(role), there) for role in ("user", "item")}
        for column in ids.values():
            if table.types[column].endswith(NESTED):
                raise UsageError(
                    f"{table.name}: expected ids in the column {column}, found {table.types[column]}"
                )
        return {
            **ids,
            "rating": chosen(table.name, "rating", wanted.get("rating"), there),
            "time": chosen(table.name, "time", wanted.get("time"), there),
        }

    def _item_column(self, columns: Sequence[str], item: str) -> str | None:
        """The id of the file of items is called as in the ratings, else as usual, else just id."""
        by_name = {plain(column): column for column in columns}
        return by_name.get(plain(item)) or guessed("item", columns) or by_name.get("id")

    def _item_columns(self, table: Table | None, item: str | None) -> dict[str, str | None]:
        if table is None:
            return {}
        found = self._item_column(table.columns, item or "")
        if found is None:
            there = ", ".join(table.columns)
            raise UsageError(
                f"{table.name}: no column {item!r} for the id of an item: expected one in {there}"
            )
        wanted = self.options.item_columns
        roles = ("name", "genres", "album", "artist", "kind")
        rest = [column for column in table.columns if column != found]
        return {"item": found} | {role: chosen(table.name, role, wanted.get(role), rest) for role in roles}

    def _read_ratings(self, table: Table, columns: Mapping[str, str | None]) -> None:
        self.tell("reading ratings")
        types = {}
        if rating := columns["rating"]:
            types[rating] = "DOUBLE"
        if time := columns["time"]:
            types[time] = table.time_type(self.engine, time)
        self.engine.run("read_ratings", table.arguments(types), **columns, **table.names)

    def _scale(self, table: Table, columns: Mapping[str, str | None]) -> tuple[float, float]:
        given = self.options.scale
        bounds = {"lowest": given[0] if given else None, "highest": given[1] if given else None}
        found = self.engine.run("check_ratings", bounds)[0]
        if not found["rating_count"]:
            raise InputError(table.name, None, None, "ratings, found a file without any")
        expected = {
            "without_user": f"a user in the column {columns['user']}",
            "without_item": f"an item in the column {columns['item']}",
            "without_rating": f"a number in the column {columns['rating']}",
            "without_time": f"a time in the column {columns['time']}",
            "outside": given and f"a rating {given[0]:g}..{given[1]:g} in the column {columns['rating']}",
        }
        wrong = [(found[name], sentence) for name, sentence in expected.items() if found[name] is not None]
        if wrong:
            place, sentence = min(wrong)
            raise table.refused(self.engine, place, str(sentence))
        if self.options.duplicates != "refuse":
            self.engine.run(f"keep_{self.options.duplicates}")
            self.engine.run("replace_events")
        return given or (found["lowest"], found["highest"])

    def _read_items(self, table: Table | None, columns: Mapping[str, str | None]) -> None:
        self.tell("reading items")
        if table is None:
            self.engine.run("no_items")
            return
        genres = columns["genres"]
        is_list = genres is not None and table.types[genres].endswith("[]")
        names = {**columns, "kind_column": columns["kind"], "genres_are_list": is_list, **table.names}
        arguments = table.arguments()
        if genres and not is_list:
            arguments["separator"] = self._separator(genres)
        self.engine.run("read_items", arguments, **names)
        self._check_items(table, columns)

    def _separator(self, genres: str) -> str:
        """What stands between genres: as given, else a space where RecBole says so, else a bar."""
        if self.options.separator is not None:
            return self.options.separator
        return " " if genres.endswith(":token_seq") else "|"

    def _check_items(self, table: Table, columns: Mapping[str, str | None]) -> None:
        found = self.engine.run("check_items")[0]
        if not found["item_count"]:
            raise InputError(table.name, None, None, "items, found a file without any")
        expected = {
            "without_item": f"an item in the column {columns['item']}",
            "of_no_kind": f"track, album, artist or genre in the column {columns['kind']}",
            "repeated": "each item once",
        }
        wrong = [(found[name], sentence) for name, sentence in expected.items() if found[name] is not None]
        if wrong:
            raise table.refused(self.engine, *min(wrong))

    def _code(self, scale: tuple[float, float]) -> None:
        """Give everything an integer id and write it down, all ratings into the scratch folder."""
        self.tell("numbering users and items")
        for step in ("users", "genres", "things", "keys", "parents"):
            self.engine.run(step)
        for name in WRITTEN:
            self.engine.run(f"write_{name}", {"path": str(self.folder / f"{name}.parquet")})
        self.tell("writing ratings")
        bounds = {"lowest": scale[0], "highest": scale[1]}
        self.engine.run("write_ratings", {"path": str(self._whole), **bounds})

    @property
    def _whole(self) -> Path:
        return self.folder / "scratch" / "ratings.parquet"

    def _refuse_repeated(self, table: Table) -> None:
        self.tell("looking for duplicates")
        repeated = self.engine.run("repeated_rating", {"path": str(self._whole)})
        if repeated:
            place = self.engine.run("repeated_row", repeated[0])[0]["place"]
            remedy = "one rating of an item by a user: --duplicates last or --duplicates mean accepts more"
            raise table.refused(self.engine, place, remedy)

    def _hold_out(self) -> dict[str, int]:
        """Make candidates and truth by the Cup's protocol, if they are wanted; counts of all there is."""
        counts = self.engine.run("counts")[0]
        if not self.options.holdout:
            self._whole.rename(self.folder / "ratings.parquet")
            return {**counts, "candidates": 0, "test_users": 0}
        self.tell("holding out likes")
        whole, settings = str(self._whole), {"holdout": self.options.holdout, "seed": self.options.seed}
        self.engine.run("likes", {"path": whole, "liked": LIKED})
        self.engine.run("unliked", {"path": whole, "draws": DRAWS, **settings})
        self.engine.run("truth", settings)
        held_out = self.engine.run("held_out")[0]
        if held_out["candidates"]:
            for name in ("truth", "candidates"):
                self.engine.run(f"write_{name}", {"path": str(self.folder / f"{name}.parquet")})
        rest = {"whole": whole, "path": str(self.folder / "ratings.parquet")}
        self.engine.run("write_rest", rest)
        return {**counts, "ratings": counts["ratings"] - held_out["candidates"] // 2, **held_out}


def _write_metadata(options: Options, result: Result, folder: Path) -> None:
    """What the data are: from where, how, and digests that a build compares with the files."""
    described = {
        "format_version": FORMAT_VERSION,
        "recsys": __version__,
        "sources": [*options.files, *([options.items] if options.items else [])],
        "columns": result.columns,
        "item_columns": result.item_columns,
        "scale": list(result.scale),
        "holdout": options.holdout,
        "seed": options.seed,
        "duplicates": options.duplicates,
        "counts": result.counts,
        "sha256": {path.name: _digest(path) for path in sorted(folder.glob("*.parquet"))},
    }
    (folder / METADATA).write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
