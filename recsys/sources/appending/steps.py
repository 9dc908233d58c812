"""The steps of an append, in their order; the statements themselves are in ``sql/``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recsys.errors import UsageError
from recsys.sources.appending import recipe
from recsys.sources.changing import Change
from recsys.sources.importing import times
from recsys.sources.importing.checks import refuse_blank_ids
from recsys.sources.importing.detection import refuse_values
from recsys.sources.importing.merging import merge
from recsys.sources.importing.numbering import ROLES, order_ratings
from recsys.sources.importing.options import SUMMED, number
from recsys.sources.importing.reading import describe, read_items, read_ratings
from recsys.sources.importing.state import Job, State
from recsys.sources.importing.writing import rating_parameters, top_count
from recsys.sources.interactions import of_count

FOLDED = "folded"  # key of dataset.json: the last change whose rows were merged into the ratings
SHARE = 5  # appended rows are merged when they are more than a fifth of the ratings
LISTED = ("tracks", "albums", "artists", "genres")  # sources of items
LEAST = 100_000  # fewer appended rows are not merged
REMEDY = "keep one of them, or import all rows again with --duplicates last (or first, mean, max)"


class Append:
    """Read rows, join them with the existing ones, and write the files of a change."""

    def __init__(self, job: Job, change: Change, now: str) -> None:
        self.job, self.engine, self.tell = job, job.engine, job.tell
        self.change, self.metadata, self.now = change, change.metadata, now
        self.updates: dict[str, Any] = {}

    def append(self) -> dict[str, int]:
        """Run all steps; return counts of rows, users and items."""
        state = describe(self.job)
        column = state.columns["time"]
        if column is not None:
            state.style = recipe.style(self.metadata, state.style, state.ratings.types[column])
        read_ratings(self.job, state, recipe.unit(self.metadata))
        state.kind = recipe.kind(self.metadata)
        if state.columns["rating"] is not None:
            refuse_values(
                self.job, state, lambda scale, *_: f"a rating {number(scale[0])}..{number(scale[1])}"
            )
        if state.items is not None:
            read_items(self.job, state)
        self._number(state)
        merge(self.job, state, REMEDY)
        return self._write_change(state)

    def _number(self, state: State) -> None:
        """Give users and items the ids that they have, and new ones the next."""
        self.tell("numbering users and items")
        for role in ROLES:
            self.engine.run(f"known_{role}s", {"path": str(self.change.path(f"{role}s"))})
            self.engine.run("original_ids", role=role, is_append=True)
        refuse_blank_ids(self.job, state)
        if state.items is None:
            self.engine.run("no_items")
        for step in ("genres", "new_users", "new_items", "all_users", "all_keys"):
            self.engine.run(step)
        order_ratings(self.job, state, recipe.unit(self.metadata) or times.unit(state.latest))

    def _write_change(self, state: State) -> dict[str, int]:
        held_out = self._drop_candidates()
        self.tell("joining with the existing ratings")
        base = self._existing()
        last_seq = {"last_seq": self._last_seq()}
        names = {"has_appended": self._appended() is not None, "has_time": bool(state.columns["time"])}
        rule = recipe.rule(self.metadata)
        joined = "last" if rule == "mean" else rule
        self.engine.run("joined", {**base, **last_seq}, rule=joined, **names)
        counts = self.engine.run("appended_counts")[0]
        if rule == "mean" and counts["repeated"] + counts["unchanged"]:
            raise UsageError(
                f"{state.ratings.name}: rates an item again, and the data were imported with --duplicates "
                "mean, which needs all rows; import all of them again, or with --duplicates last"
            )
        if names["has_time"]:
            self.engine.run("late_users", {**base, **last_seq}, **names)
        given = {"generation": self.change.generation, "now": self.now}
        moved = {**base, **last_seq} if names["has_time"] else last_seq
        self.engine.run("changed", {**moved, **given}, **names)
        self.tell("writing")
        self._write_ratings(state, base, names)
        further = self._write_ids(state)
        grown = {name: further[name] for name in LISTED}
        self.updates["counts"] = {
            **self.metadata["counts"],
            "ratings": self.metadata["counts"]["ratings"] + counts["added"],
            "users": self.metadata["counts"]["users"] + further["new_users"],
            **{name: self.metadata["counts"][name] + count for name, count in grown.items()},
        }
        return {**counts, **further, "held_out": held_out, "merged": state.merged}

    def _drop_candidates(self) -> int:
        """Leave out rows of test items; return how many there were."""
        path = self.change.path("candidates")
        if path is None:
            return 0
        self.engine.run("find_candidates", {"path": str(path)})
        self.engine.run("drop_candidates")
        return int(self.engine.run("held_out_count")[0]["row_count"])

    def _appended(self) -> Path | None:
        return self.change.path("appended")

    def _existing(self) -> dict[str, Any]:
        """Return the bound parameters of the existing rows."""
        found = {"ratings": str(self.change.path("ratings"))}
        appended = self._appended()
        return found if appended is None else {**found, "appended": str(appended)}

    def _last_seq(self) -> int:
        paths = [str(path) for path in (self.change.path("ratings"), self._appended()) if path is not None]
        return max(int(self.engine.run("last_seq", {"paths": [path]})[0]["last_seq"] or 0) for path in paths)

    def _write_ratings(self, state: State, base: dict[str, Any], names: dict[str, Any]) -> None:
        """Write the appended rows; merge earlier ones with the ratings where they are many."""
        if state.kind.name in SUMMED:
            self.engine.run("new_value_counts", base, **names)
        top = top_count(self.job, state)
        values = rating_parameters(state.kind.scale, top)
        named = {**names, "feedback": state.kind.name}
        is_rescaled = top is not None and top != self.metadata.get("top_count")
        is_merged = self._is_long()
        ratings, appended = str(self.change.path("ratings")), self._appended()
        if is_merged or is_rescaled:
            given = base if is_merged else {"ratings": ratings}
            folded = {**named, "has_appended": is_merged and appended is not None}
            self.engine.run(
                "write_merged", {**values, **given, "path": str(self.change.new_path("ratings"))}, **folded
            )
        if is_merged:
            self.updates[FOLDED] = self.change.generation - 1
        kept = {} if is_merged or appended is None else {"appended": str(appended)}
        path = self.change.new_path("appended")
        self.engine.run(
            "write_appended",
            {**values, **kept, "generation": self.change.generation, "path": str(path)},
            **{**named, "has_appended": bool(kept)},
        )
        if is_rescaled:
            liked = self.metadata["liked"]
            self.updates |= {
                "top_count": top,
                "liked_rating": 0 if liked is None else of_count(liked, top or 0.0),
            }

    def _is_long(self) -> bool:
        """Return whether the appended rows are so many that they are merged with the ratings."""
        if (appended := self._appended()) is None:
            return False
        rows, ratings = (
            int(self.engine.run("last_seq", {"paths": [str(path)]})[0]["row_count"])
            for path in (appended, self.change.path("ratings"))
        )
        return rows >= LEAST and rows * SHARE > ratings

    def _write_ids(self, state: State) -> dict[str, int]:
        """Write the files of users and items that are new; return how many are."""
        found = {name: int(count) for name, count in self.engine.run("new_counts")[0].items()}
        if found["new_users"]:
            self._write_new("users", "new_users")
        if found["entities"]:
            self.engine.run("all_entities")
            self.engine.run("parents", made="new_items")
            for name in ("items", *(name for name in LISTED if found[name])):
                self._write_new(name, "new_items")
            if state.items is not None and self.change.path("item_attributes") is not None:
                self._write_new("item_attributes", "new_items", attributes=self._attributes(state))
        return found

    def _write_new(self, name: str, made: str, **names: Any) -> None:
        """Write the rows of a file and those of the relation ``made``."""
        paths = {"old": str(self.change.path(name)), "path": str(self.change.new_path(name))}
        self.engine.run(f"write_{name}", paths, made=made, has_old_rows=True, **names)

    def _attributes(self, state: State) -> list[tuple[str, str]]:
        """Return the name of each further column of the import, and its value in the new items file."""
        place = {one.name: number for number, one in enumerate(state.attributes)}
        columns = {name: f"listed.attribute_{number}" for name, number in place.items()}
        kinds = self.metadata["attributes"].items()
        return [(name, f"try_cast({columns.get(name, 'null')} as {kind})") for name, kind in kinds]
