"""The steps of an import, in their order; the statements themselves are in ``sql/``."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recsys.errors import InputError, UsageError
from recsys.sources.importing import attributes, feedback, findings, frames, guesses, holdout, times
from recsys.sources.importing.columns import is_count
from recsys.sources.importing.duplicates import repeated
from recsys.sources.importing.engine import Engine
from recsys.sources.importing.layouts import Hints, names_of_items, names_of_ratings
from recsys.sources.importing.options import SUMMED, Options, Result, Scale, number, usually_liked
from recsys.sources.importing.tables import Inspector, Table

WRITTEN = ("tracks", "albums", "artists", "genres", "users", "items")
UNKNOWN = feedback.Kind("", "")
RULES = {"likes": "one", "events": "count"}  # how repeated rows are merged unless --duplicates says


@dataclass
class State:
    """Hold the facts about the data that the steps have found so far."""

    ratings: Table
    columns: dict[str, str | None]
    style: times.Style | None
    items: Table | None = None
    item_columns: dict[str, str | None] = field(default_factory=dict)
    attributes: list[attributes.Attribute] = field(default_factory=list)
    kind: feedback.Kind = UNKNOWN
    liked: float | None = None
    latest: float = 0.0
    merged: int = 0


class Steps:
    """One import under way; ``tell`` names the step."""

    def __init__(self, options: Options, engine: Engine, folder: Path, tell: Callable[[str], None]) -> None:
        self.options, self.engine, self.folder, self.tell = options, engine, folder, tell
        self.notes: list[str] = []

    def run(self) -> Result:
        """Run all steps and return the result."""
        state = self._described()
        self._read_ratings(state)
        self._check_ratings(state)
        self._recognise(state)
        self._read_items(state)
        self._code(state)
        self._merge(state)
        state.liked = self._liked(state)
        return self._written(state)

    def _described(self) -> State:
        """Find the files, their layout and their columns."""
        options = self.options
        hints = Hints(options.delimiter, options.header, options.names, options.encoding)
        inspector = Inspector(self.engine, self.folder / "scratch", hints)
        is_header = lambda texts: guesses.is_header_of_ratings(options, texts)  # noqa: E731
        ratings = inspector.table(options.files, is_header, names_of_ratings)
        chosen = guesses.of_ratings(self.engine, ratings, options)
        state = State(ratings, chosen.columns, chosen.style)
        self.notes += chosen.notes
        if options.items is not None:
            inspector.hints = Hints(encoding=options.encoding)
            is_header = lambda texts: guesses.is_header_of_items(options, texts)  # noqa: E731
            state.items = inspector.table(_several(options.items), is_header, names_of_items)
            chosen = guesses.of_items(self.engine, state.items, options, str(state.columns["item"]))
            state.item_columns = chosen.columns
            self.notes += chosen.notes
        self.notes += inspector.notes
        self._refuse_contradictions(state)
        return state

    def _refuse_contradictions(self, state: State) -> None:
        options, column = self.options, state.columns["rating"]
        if column is None and options.feedback in ("ratings", "counts"):
            raise UsageError(
                f"--feedback {options.feedback}: {state.ratings.name} has no column of {options.feedback}; "
                "use --rating COLUMN"
            )
        if column is None and options.scale is not None:
            raise UsageError(f"--scale: {state.ratings.name} has no column of ratings; use --rating COLUMN")
        if options.scale is not None and options.feedback not in ("auto", "ratings"):
            raise UsageError(f"--scale: only ratings have a scale, not {options.feedback}")
        if options.feedback in ("likes", "events"):
            state.columns["rating"] = None

    def _read_ratings(self, state: State) -> None:
        self.tell("reading ratings")
        names = {**state.columns, "style": state.style, **state.ratings.names}
        self.engine.run("read_ratings", state.ratings.arguments(), **names)

    def _check_ratings(self, state: State) -> None:
        columns, table = state.columns, state.ratings
        is_number = state.style is not None and state.style.name == "number"
        found = self.engine.run("check_ratings", is_number=is_number)[0]
        if not found["rating_count"]:
            raise InputError(table.name, None, None, "ratings, found a file without any")
        state.latest = float(found["latest"] or 0)
        expected = {
            **self._expected_ids(state),
            "without_rating": f"a number in the column {columns['rating']}{self._way_out('rating')}",
            "without_time": f"a time in the column {columns['time']}{self._way_out('time')}",
        }
        self._refuse_first(table, found, expected)

    def _expected_ids(self, state: State) -> dict[str, str]:
        columns = state.columns
        return {
            "without_user": f"a user in the column {columns['user']}",
            "without_item": f"an item in the column {columns['item']}",
        }

    def _way_out(self, role: str) -> str:
        named = role in self.options.columns or role in self.options.item_columns
        return "" if named else f"; --no-{role} ignores the column"

    def _refuse_first(self, table: Table, found: dict[str, Any], expected: dict[str, str]) -> None:
        """InputError for the first of the rows that cannot be used, if there is one."""
        wrong = [(found[name], sentence) for name, sentence in expected.items() if found[name] is not None]
        if wrong:
            raise table.refused(self.engine, *min(wrong))

    def _recognise(self, state: State) -> None:
        """Find the kind of feedback and the scale; InputError for a value that cannot be of that kind."""
        wanted, column = self.options.feedback, state.columns["rating"]
        if column is None:
            known = wanted if wanted in ("likes", "events") else ""
            state.kind = feedback.Kind(known, "--feedback" if known else "")
            return
        state.kind = self._kind(wanted, column)
        if state.kind.name == "counts":
            self._refuse_outside(state, (0.0, math.inf), lambda least, greatest: "a count of 0 or more")
        if (scale := state.kind.scale) is not None:
            self._refuse_outside(state, scale, lambda *found: self._off_scale(scale, *found))
        if state.kind.name == "likes":
            self.engine.run("no_values")

    def _kind(self, wanted: str, column: str) -> feedback.Kind:
        if self.options.scale is not None:
            return feedback.Kind("ratings", "--scale", self.options.scale)
        values = self._values("events")
        if wanted == "counts":
            return feedback.Kind("counts", "--feedback")
        if wanted == "ratings":
            return feedback.Kind("ratings", "--feedback", feedback.scale_of_ratings(values))
        return feedback.detected(column, is_count(column), values)

    def _values(self, relation: str) -> feedback.Values:
        self.engine.run("spread", relation=relation)
        scales = (*feedback.EXACT, *feedback.SCALES)
        return feedback.Values.of(self.engine.run("describe_values", scales=scales)[0])

    def _refuse_outside(self, state: State, scale: Scale, expected: Callable[[float, float], str]) -> None:
        """InputError for the first value off a scale; ``expected`` says what it should be."""
        found = self.engine.run("outside", {"lowest": scale[0], "highest": scale[1]})[0]
        if found["place"] is not None:
            sentence = (
                f"{expected(found['least'], found['greatest'])} in the column {state.columns['rating']}"
            )
            raise state.ratings.refused(self.engine, found["place"], sentence)

    def _off_scale(self, scale: Scale, least: float, greatest: float) -> str:
        """Return what a rating off the scale should be, and which options accept it."""
        expected = f"a rating {number(scale[0])}..{number(scale[1])}"
        if self.options.scale is not None:
            return expected
        low, high = min(scale[0], least), max(scale[1], greatest)
        counts = " or --feedback counts" if low >= 0 else ""
        return f"{expected}, as nearly all are (--scale {number(low)} {number(high)}{counts} accepts it),"

    def _read_items(self, state: State) -> None:
        self.tell("reading items")
        table, columns = state.items, state.item_columns
        if table is None:
            self.engine.run("no_items")
            return
        genres = columns["genres"]
        is_list = genres is not None and table.types[genres].endswith("[]")
        flags = guesses.genre_flags(table, columns)
        used = {*columns.values(), *flags, *(["unknown"] if flags else [])}
        further = [column for column in table.columns if column not in used]
        names = {**columns, "kind_column": columns["kind"], "genres_are_list": is_list, **table.names}
        arguments = table.arguments()
        if genres and not is_list:
            arguments["separator"] = self._separator(genres)
        self.engine.run(
            "read_items", arguments, flags=flags, attributes=further, **(names | {"kind": table.kind})
        )
        self._check_items(table, columns)
        state.attributes = attributes.of(self.engine, table, further) if further else []

    def _separator(self, genres: str) -> str:
        """Return what stands between genres: as given, else a space where RecBole says so, else a bar."""
        if self.options.separator is not None:
            return self.options.separator
        return " " if genres.endswith(":token_seq") else "|"

    def _check_items(self, table: Table, columns: dict[str, str | None]) -> None:
        self.engine.run("whole_items")
        found = self.engine.run("check_items")[0]
        if not found["item_count"]:
            raise InputError(table.name, None, None, "items, found a file without any")
        kind = f"track, album, artist or genre in the column {columns['kind']}{self._way_out('kind')}"
        expected = {
            "without_item": f"an item in the column {columns['item']}",
            "of_no_kind": kind,
            "repeated": "each item once",
        }
        self._refuse_first(table, found, expected)

    def _code(self, state: State) -> None:
        """Give everything an integer id, and put the ratings in order."""
        self.tell("numbering users and items")
        for role in ("user", "item"):
            self.engine.run("whole_ids", role=role)
        self._refuse_first(state.ratings, self.engine.run("blank_ids")[0], self._expected_ids(state))
        for step in ("users", "genres", "things", "keys", "parents"):
            self.engine.run(step)
        for name in WRITTEN:
            self._write(name)
        if state.attributes:
            self._write("attributes", "item_attributes", attributes=state.attributes)
        self.tell("sorting ratings")
        is_number = state.style is not None and state.style.name == "number"
        parameters = {"unit": times.unit(state.latest)} if is_number else {}
        self.engine.run("coded", parameters, is_number=is_number)
        self.engine.run("drop_events")

    def _merge(self, state: State) -> None:
        """Merge repeated rows of a user and an item; InputError where they must not be there."""
        self.tell("looking for duplicates")
        pair = repeated(self.engine.batches("pairs"))
        if not state.kind.name:
            reason = "no column of ratings"
            state.kind = (
                feedback.Kind("events", f"{reason}, and users have several rows of an item")
                if pair and self.options.duplicates in (None, "sum")
                else feedback.Kind("likes", reason)
            )
        if state.kind.name == "events" or pair:
            self._merge_pairs(state, pair)

    def _merge_pairs(self, state: State, pair: dict[str, int] | None) -> None:
        kind = state.kind.name
        rule = self.options.duplicates or RULES.get(kind) or ("sum" if kind in SUMMED else "refuse")
        if kind == "events" and rule == "sum":
            rule = "count"
        if pair is None:
            return
        if rule == "refuse":
            place = self.engine.run("repeated_row", pair)[0]["place"]
            remedy = (
                "one rating of an item by a user, and an earlier row has this user and item; "
                "keep one with --duplicates last (or first, mean, max)"
            )
            raise state.ratings.refused(self.engine, place, remedy)
        before = self.engine.run("size")[0]["row_count"]
        self.engine.run("merged", rule=rule)
        state.merged = before - self.engine.run("size")[0]["row_count"]

    def _liked(self, state: State) -> float | None:
        """Return the value from which on a row is a like; None: every row is one."""
        kind, liked = state.kind, self.options.liked
        if liked is None:
            return usually_liked(kind.scale) if kind.scale else None
        if kind.name == "likes":
            raise UsageError(f"--liked: {state.ratings.name} has likes without ratings: every row is a like")
        if kind.scale and not kind.scale[0] <= liked <= kind.scale[1]:
            low, high = map(number, kind.scale)
            raise UsageError(f"--liked {number(liked)}: expected a rating {low}..{high}")
        return liked

    def _written(self, state: State) -> Result:
        """Write the ratings, and candidates and truth where likes are held out."""
        is_summed = state.kind.name in SUMMED
        self.engine.run("spread", relation="coded")
        top = self.engine.run("top_count")[0]["top_count"] if is_summed else None
        split = self.options.split or ("time" if state.columns["time"] else "random")
        warnings = self._warnings(state)
        counts = self._held_out(state, split, top)
        return Result(
            self.options.out,
            state.columns,
            state.item_columns,
            state.kind.name,
            state.kind.reason,
            state.kind.scale,
            self.options.scale is not None,
            state.liked,
            top,
            split,
            self.options.noun,
            counts,
            self.notes,
            warnings,
            self._recipe(state),
        )

    def _warnings(self, state: State) -> list[str]:
        liked = state.liked
        found = self.engine.run("findings", {} if liked is None else {"liked": liked}, liked=liked)[0]
        name = state.items.name if state.items else None
        if name and found["listed_items"] == found["rated_items"]:
            self.notes.append(f"all {found['rated_items']:,} rated items are in {name}")
        return findings.sentences(found, state.kind.name, name, state.merged)

    def _held_out(self, state: State, split: str, top: float | None) -> dict[str, int]:
        counts = self.engine.run("counts")[0]
        held_out = {"candidates": 0, "test_users": 0}
        if self.options.holdout:
            self.tell("holding out likes")
            held_out = holdout.draw(self.engine, self.options, state.liked, split)
        if held_out["candidates"]:
            for name in ("truth", "candidates", "held_out"):
                self._write(name)
        self.tell("writing ratings")
        self._write_ratings(state, top, bool(held_out["candidates"]))
        return {**counts, "ratings": counts["ratings"] - held_out["candidates"] // 2, **held_out}

    def _write_ratings(self, state: State, top: float | None, is_held_out: bool) -> None:
        scale = state.kind.scale
        parameters: dict[str, Any] = {"lowest": scale[0], "highest": scale[1]} if scale else {}
        parameters |= {"top_count": top} if top is not None else {}
        names = {
            "feedback": state.kind.name,
            "is_held_out": is_held_out,
            "has_time": bool(state.columns["time"]),
        }
        path = {"path": str(self.folder / "ratings.parquet")}
        self.engine.run("write_ratings", {**parameters, **path}, **names)

    def _recipe(self, state: State) -> dict[str, Any]:
        """Return what ``dataset.json`` keeps so that later rows can be read the same way."""
        style = state.style
        return {
            "layout": state.ratings.described(),
            "items_layout": state.items.described() if state.items else None,
            "time": {"style": style.name, "format": style.format, "unit": times.unit(state.latest)}
            if style
            else None,
            "attributes": {one.name: one.type for one in state.attributes},
        }

    def _write(self, what: str, name: str = "", **names: Any) -> None:
        path = self.folder / f"{name or what}.parquet"
        self.engine.run(f"write_{what}", {"path": str(path)}, **names)


def _several(items: Any) -> Sequence[Any]:
    return [items] if frames.is_path(items) or not isinstance(items, (list, tuple)) else items
