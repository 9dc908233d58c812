"""Write the files of a data directory without the rows, ids and names of some users and items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from recsys.errors import UsageError, least_similarity
from recsys.identifiers import quoted
from recsys.sources import parquet
from recsys.sources.changing import Change
from recsys.sources.importing.engine import Engine

RATINGS = ("ratings", "appended")
SUBMISSIONS = "submissions"
MOST_OFFERED = 3
ITEM_COLUMNS = ("item_id", "track_id", "album_id", "artist_id", "genre_id")
COUNTED = ("tracks", "albums", "artists", "genres", "users", "candidates")  # keys of counts that count rows
GONE = "{} in (select unnest(${}::bigint[]))"


class Rest:
    """Collect what a data directory keeps.

    Parameters
    ----------
    change : Change
        The locked directory.
    engine : Engine
        Runs the statements.
    """

    def __init__(self, change: Change, engine: Engine) -> None:
        self.change, self.engine = change, engine

    def ids(self, kind: str, texts: Sequence[str]) -> dict[str, int]:
        """Return the integer ids of those original ids that the directory has.

        Parameters
        ----------
        kind : str
            ``user`` or ``item``.
        texts : sequence of str
            Original ids.
        """
        path = self.change.path(f"{kind}s")
        if path is None or not texts:
            return {}
        rows = self.engine.run("named", {"path": str(path), "texts": list(texts)}, kind=kind)
        return {row["text"]: row["id"] for row in rows}

    def nearest(self, kind: str, text: str) -> list[str]:
        """Return the original ids that are most similar to a text."""
        path = self.change.path(f"{kind}s")
        if path is None:
            return []
        parameters = {"path": str(path), "text": text, "least": least_similarity(text), "most": MOST_OFFERED}
        return [row["original_id"] for row in self.engine.run("nearest", parameters, kind=kind)]

    def write(self, users: Sequence[int], items: Sequence[int]) -> dict[str, Any]:
        """Write the files that change, and return what ``dataset.json`` must say about them.

        Parameters
        ----------
        users, items : sequence of int
            Integer ids to remove.

        Returns
        -------
        dict
            ``counts``.

        Raises
        ------
        UsageError
            No rating would be left, or submissions have lines of test items that go.
        """
        before = self._pairs()
        forgotten = {"users": list(users), "items": list(items)}
        removed: dict[str, int] = {}
        self._find_unpaired_candidates(forgotten)
        for name in parquet.COLUMNS:
            path = self.change.path(name)
            if path is not None:
                removed[name] = self._without(name, path, forgotten)
        after = self._pairs()
        if not after["pair_count"]:
            raise UsageError(f"{self.change.directory}: no rating would be left; delete the folder instead")
        counts = dict(self.change.metadata.get("counts", {}))
        for name in COUNTED:
            if name in counts:
                counts[name] -= removed.get(name, 0)
        counts["ratings"] = (
            counts.get("ratings", before["pair_count"]) + after["pair_count"] - before["pair_count"]
        )
        if "test_users" in counts:
            counts["test_users"] = self._test_users()
        self._remove_empty(counts)
        return {"counts": counts}

    def _pairs(self) -> Mapping[str, int]:
        """Return the number of ratings, and that of their users."""
        found = [self.change.path(name) for name in parquet.COLUMNS if name in RATINGS]
        paths = [str(path) for path in found if path is not None]
        return self.engine.run("pair_count", {"paths": paths})[0]

    def _test_users(self) -> int:
        path = self.change.path("candidates")
        if path is None:
            return 0
        return len(set(pq.read_table(path, columns=["user_id"])["user_id"].to_pylist()))

    def _find_unpaired_candidates(self, forgotten: Mapping[str, list[int]]) -> None:
        """Note the further test items to remove, so that each user keeps an even number."""
        path, truth = self.change.path("candidates"), self.change.path("truth")
        self.has_unpaired = path is not None and bool(forgotten["items"])
        if not self.has_unpaired:
            return
        parameters = {**forgotten, "path": str(path), **({"truth": str(truth)} if truth else {})}
        self.engine.run("unpaired_candidates", parameters, has_truth=truth is not None)

    def _without(self, name: str, path: Path, forgotten: Mapping[str, list[int]]) -> int:
        """Write a source without the forgotten users and items; return the number of rows it loses."""
        schema = pq.read_schema(path)
        dropped, columns = self._rule(name, schema.names)
        changed = [*dropped, *(GONE.format(quoted(one), "items") for one in columns if one != "genre_ids")]
        if "genre_ids" in columns:
            changed.append("len(list_intersect(genre_ids, $items::bigint[])) > 0")
        source = {"path": str(path), **forgotten}
        used = lambda texts: {key: one for key, one in source.items() if key == "path" or f"${key}" in texts}  # noqa: E731
        if not self._count(changed, used(" ".join(changed))):
            return 0
        count = self._count(dropped, used(" ".join(dropped))) if dropped else 0
        if name == "candidates" and count:
            self._refuse_submissions()
        written = {one: columns.get(one, quoted(one)) for one in schema.names}
        texts = " ".join([*written.values(), *dropped])
        parameters = {**used(texts), "out": str(self.change.new_path(name))}
        self.engine.run("write_rest", parameters, columns=written, dropped=dropped)
        return count

    def _count(self, conditions: Sequence[str], parameters: Mapping[str, Any]) -> int:
        return int(self.engine.run("rows_of", parameters, conditions=conditions)[0]["row_count"])

    def _rule(self, name: str, columns: Sequence[str]) -> tuple[list[str], dict[str, str]]:
        """Return the conditions of rows that go, and how columns are written that may refer to what goes."""
        dropped = [GONE.format("user_id", "users")] if "user_id" in columns else []
        named = [one for one in parquet.COLUMNS[name] if one in ITEM_COLUMNS]
        if named:
            dropped.append(GONE.format(named[0], "items"))
        if self.has_unpaired and name in ("candidates", "labels", "truth"):
            dropped.append("(user_id, track_id) in (select (user_id, track_id) from unpaired)")
        references = {
            one: f"case when {GONE.format(one, 'items')} then null else {one} end" for one in named[1:]
        }
        if "genre_ids" in columns:
            kept = "list_filter(genre_ids, lambda one: not list_contains($items::bigint[], one))"
            references["genre_ids"] = kept
        return dropped, references

    def _refuse_submissions(self) -> None:
        folder = self.change.directory / SUBMISSIONS
        if folder.exists():
            raise UsageError(
                f"{folder}: has a line for each test item, and some of these go; move the folder away first"
            )

    def _remove_empty(self, counts: dict[str, int]) -> None:
        """Leave test items and their labels without a file if none is left."""
        path = self.change.path("candidates")
        if path is not None and not pq.read_metadata(path).num_rows:
            for name in ("candidates", "labels", "truth"):
                if (empty := self.change.path(name)) is not None:
                    empty.unlink()
            counts["candidates"] = 0
