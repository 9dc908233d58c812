"""The steps of an import, in their order; the statements themselves are in ``sql/``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from recsys.errors import InputError, UsageError
from recsys.sources.importing.columns import chosen, guessed, plain, required
from recsys.sources.importing.duplicates import repeated
from recsys.sources.importing.engine import Engine
from recsys.sources.importing.options import Options, Result, of_hundred, usually_liked
from recsys.sources.importing.tables import Table, inspect

DRAWS = 12  # tracks drawn for each one that is to be found unrated, where few draws are not enough
MODULUS = 2**31 - 1  # of the digests that draw
NESTED = ("]", ")")  # how the types of lists, structures and maps end
WRITTEN = ("tracks", "albums", "artists", "genres", "users", "items")


class Steps:
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
        liked = self._liked(scale)
        self._read_items(items, item_columns)
        self._code(ratings, scale)
        counts = self._hold_out(of_hundred(liked, scale))
        return Result(columns, item_columns, scale, self.options.scale is not None, liked, counts)

    def _liked(self, scale: tuple[float, float]) -> float:
        """The rating from which on something is liked, on the ratings' own scale."""
        if self.options.liked is None:
            return max(usually_liked(scale), scale[0])
        if not scale[0] <= self.options.liked <= scale[1]:
            raise UsageError(f"--liked {self.options.liked:g}: expected a rating {scale[0]:g}..{scale[1]:g}")
        return self.options.liked

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
        if (
            self.options.liked is not None
            and chosen(table.name, "rating", wanted.get("rating"), there) is None
        ):
            raise UsageError(f"--liked: a rating, and {table.name} has no column of ratings")
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

    def _code(self, table: Table, scale: tuple[float, float]) -> None:
        """Give everything an integer id, and put the ratings in order; InputError for a repeated one."""
        self.tell("numbering users and items")
        for step in ("users", "genres", "things", "keys", "parents"):
            self.engine.run(step)
        for name in WRITTEN:
            self._write(name)
        self.tell("sorting ratings")
        self.engine.run("rated", {"lowest": scale[0], "highest": scale[1]})
        self.tell("looking for duplicates")
        if pair := repeated(self.engine.batches("pairs")):
            place = self.engine.run("repeated_row", pair)[0]["place"]
            remedy = "one rating of an item by a user: --duplicates last or --duplicates mean accepts more"
            raise table.refused(self.engine, place, remedy)
        self.engine.run("forget")

    def _hold_out(self, liked: int) -> dict[str, int]:
        """Write candidates and truth by the Cup's protocol, if wanted, and what is left; counts of it all."""
        counts = self.engine.run("counts")[0]
        if not self.options.holdout:
            self.tell("writing ratings")
            self._write("ratings")
            return {**counts, "candidates": 0, "test_users": 0}
        self.tell("holding out likes")
        self._draw(liked)
        held_out = self.engine.run("held_out")[0]
        if held_out["candidates"]:
            self._write("truth")
            self._write("candidates")
        self.tell("writing ratings")
        self._write("rest", "ratings")
        return {**counts, "ratings": counts["ratings"] - held_out["candidates"] // 2, **held_out}

    def _draw(self, liked: int) -> None:
        """Most users have enough unrated tracks after a few draws, so that the rest are drawn for few."""
        holdout = {"holdout": self.options.holdout}
        seeded = {**holdout, "seed": self.options.seed % MODULUS}
        self.engine.run("likes", {"liked": liked})
        self.engine.run("lacking", holdout)
        self.engine.run("no_unliked")
        for turns in (self.options.holdout + 1, DRAWS * self.options.holdout):
            self.engine.run("unliked", {**seeded, "turns": turns})
            self.engine.run("still_lacking")
        self.engine.run("truth", seeded)

    def _write(self, what: str, name: str = "") -> None:
        path = self.folder / f"{name or what}.parquet"
        self.engine.run(f"write_{what}", {"path": str(path)})
