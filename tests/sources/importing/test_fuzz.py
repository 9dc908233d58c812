"""Files of every layout, kind and type are read exactly as a reader in plain Python reads them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from recsys.sources.importing.options import Options
from recsys.sources.importing.recipe import run
from tests.sources.importing.reading import ids, recipe, table

SCALES = {
    (1.0, 5.0): 1,
    (0.5, 5.0): 0.5,
    (0.0, 10.0): 0.25,
    (0.0, 100.0): 1,
    (-10.0, 10.0): 0.5,
    (0.0, 1.0): 1,
}
LIKED = {(1.0, 5.0): 4, (0.5, 5.0): 4, (0.0, 10.0): 8, (0.0, 100.0): 80, (-10.0, 10.0): 6, (0.0, 1.0): 0.8}
NAMES = {
    "user": ["user", "userId", "user_id:token", "Customer ID"],
    "item": ["item", "movieId", "item_id:token", "ISBN"],
    "ratings": ["rating", "stars", "Book-Rating", "rating:float"],
    "counts": ["plays", "play_count", "Quantity", "weight"],
    "time": ["time", "timestamp", "timestamp:float", "date"],
}
EARLIEST = 1_000_000_000  # seconds


@dataclass(frozen=True)
class Given:
    """What was written: rows of user, item, value and time, as texts, and how."""

    kind: str
    scale: tuple[float, float] | None
    header: list[str] | None
    rows: list[list[str]]
    delimiter: str
    style: str
    form: str
    top: str
    ending: str


def written_time(seconds: int, style: str) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return {
        "seconds": str(seconds),
        "milliseconds": str(seconds * 1000),
        "iso": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "offset": datetime.fromtimestamp(seconds + 7200, UTC).strftime("%Y-%m-%d %H:%M:%S+02:00"),
        "plain": moment.strftime("%Y-%m-%d %H:%M:%S"),
        "american": moment.strftime("%m/%d/%Y %H:%M:%S"),
    }[style]


PLAIN_IDS = st.sampled_from(["ann", "bob", "cy", "dora", "a b", "é1", "x9", "007", "u-1"])
AWKWARD_IDS = st.sampled_from(
    ["ann", " ann ", 'say "hi"', "a,b", "a;b", "two\nlines", "1.0", "x", "Ünï", "'", "#1"]
)
WHOLE_IDS = st.sampled_from(["1", "2", "3", "17", "40", "1.0", "17.00", "3."])


@st.composite
def written(draw: st.DrawFn) -> Given:
    kind = draw(st.sampled_from(["ratings", "likes", "counts", "events", "ratings"]))
    form = draw(st.sampled_from(["csv", "csv", "csv.gz", "json", "parquet", "frame"]))
    delimiter = draw(st.sampled_from([",", ";", "\t", "|", "::"]))
    awkward = AWKWARD_IDS if delimiter in ",;" or not form.startswith("csv") else PLAIN_IDS
    users = draw(st.sampled_from([PLAIN_IDS, awkward, WHOLE_IDS]))
    items = draw(st.sampled_from([PLAIN_IDS, awkward, WHOLE_IDS]))
    is_once = kind in ("ratings", "likes")
    pairs = draw(st.lists(st.tuples(users, items), min_size=8, max_size=30, unique=is_once))
    pairs = distinct(pairs) if is_once else pairs
    scale, values = draw(values_of(kind, len(pairs)))
    has_time = draw(st.booleans())
    style = draw(st.sampled_from(["seconds", "milliseconds", "iso", "offset", "plain", "american"]))
    seconds = draw(st.lists(st.integers(EARLIEST, 2 * EARLIEST), min_size=len(pairs), max_size=len(pairs)))
    mark = "," if delimiter == ";" and form.startswith("csv") else "."
    rows = [
        [
            *pair,
            *([value.replace(".", mark)] if values else []),
            *([written_time(when, style)] if has_time else []),
        ]
        for pair, value, when in zip(pairs, values or [""] * len(pairs), seconds, strict=True)
    ]
    roles = ["user", "item", *([kind] if values else []), *(["time"] if has_time else [])]
    header = [draw(st.sampled_from(NAMES[role])) for role in roles]
    is_bare = form.startswith("csv") and kind == "ratings" and scale != (0.0, 1.0) and draw(st.booleans())
    top = draw(st.sampled_from(["", "", "12\n5\n", "# made up\n\n"])) if form.startswith("csv") else ""
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    return Given(kind, scale, None if is_bare else header, rows, delimiter, style, form, top, ending)


@st.composite
def values_of(draw: st.DrawFn, kind: str, count: int) -> tuple[tuple[float, float] | None, list[str]]:
    """A scale and values on it, the lowest and the highest among them; counts; or nothing."""
    if kind == "counts":
        return None, [str(draw(st.integers(1, 5000))) for _ in range(count)]
    if kind != "ratings":
        return None, []
    scale = draw(st.sampled_from([*SCALES]))
    steps = round((scale[1] - scale[0]) / SCALES[scale])
    drawn = [scale[0] + SCALES[scale] * draw(st.integers(0, steps)) for _ in range(count)]
    middle = [scale[0] + SCALES[scale] * (steps // 2 + 1)] if steps > 1 else []
    chosen = [*scale, *middle, *drawn][:count]
    return scale, [f"{value:g}" for value in chosen]


def whole(texts: Sequence[str]) -> bool:
    return all(re.fullmatch(r"[-+]?\d+(\.0*)?", text) for text in texts)


def meant(texts: Sequence[str]) -> list[str]:
    """Ids without blanks around them, and 1.0 as 1 where all are whole numbers."""
    stripped = [text.strip() for text in texts]
    return [re.sub(r"\.0*$", "", text) for text in stripped] if whole(stripped) else stripped


def distinct(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs that differ as ids, however few are left."""
    keys = zip(meant([user for user, _ in pairs]), meant([item for _, item in pairs]), strict=True)
    return [*dict(zip(reversed([*keys]), reversed(pairs), strict=True)).values()][::-1]


def write(given: Given, folder: Path) -> Any:
    """A file or a data frame with these rows."""
    if given.form in ("json", "parquet", "frame"):
        columns = {name: [row[place] for row in given.rows] for place, name in enumerate(given.header or [])}
        if given.form == "parquet":
            pq.write_table(pa.table(columns), folder / "r.parquet")
        elif given.form == "json":
            lines = [
                json.dumps(dict(zip(columns, row, strict=True)))
                for row in zip(*columns.values(), strict=True)
            ]
            (folder / "r.json").write_text("\n".join(lines))
        return pa.table(columns) if given.form == "frame" else folder / f"r.{given.form}"
    lines = [given.header, *given.rows] if given.header else given.rows
    if given.delimiter in ",;":
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=given.delimiter, lineterminator=given.ending).writerows(lines)
        content = text.getvalue()
    else:
        content = "".join(given.delimiter.join(line) + given.ending for line in lines)
    data = (given.top.replace("\n", given.ending) + content).encode()
    path = folder / f"r.{given.form}"
    path.write_bytes(gzip.compress(data) if given.form.endswith("gz") else data)
    return path


def read_plainly(given: Given) -> list[tuple[str, str, float, int | None]]:
    """Users, items, values and times in the order in which they were given, user by user."""
    has_value = given.kind in ("ratings", "counts")
    users, items = meant([row[0] for row in given.rows]), meant([row[1] for row in given.rows])
    found: dict[tuple[str, str], tuple[int, int, float]] = {}
    for place, (user, item, row) in enumerate(zip(users, items, given.rows, strict=True)):
        value = float(row[2].replace(",", ".")) if has_value else 1.0
        when = seconds_of(row[-1], given.style) if len(row) == 3 + has_value else 0
        last, at, before = found.get((user, item), (when, place, 0.0))
        found[user, item] = (*max((when, place), (last, at)), before + value)
    rows = [(user, *placed, item) for (user, item), placed in found.items()]
    has_time = len(given.rows[0]) == 3 + has_value
    rows.sort(key=lambda row: (users.index(row[0]), row[1], row[2]))
    return [(user, item, value, when if has_time else None) for user, when, _, value, item in rows]


def seconds_of(text: str, style: str) -> int:
    if style == "american":
        return int(datetime.strptime(text, "%m/%d/%Y %H:%M:%S").replace(tzinfo=UTC).timestamp())
    if style in ("seconds", "milliseconds"):
        return int(text) // (1000 if style == "milliseconds" else 1)
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def expected_rating(given: Given, value: float, values: Sequence[float]) -> int:
    if given.scale is not None:
        low, high = given.scale
        return math.floor(100 * (value - low) / (high - low) + 0.5)
    if given.kind == "likes":
        return 100
    top = float(np.percentile(values, 99))
    return max(1, min(100, math.floor(100 * math.log1p(value) / math.log1p(top) + 0.5)))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(given=written())
def test_what_is_accepted_is_what_a_plain_reader_finds(given: Given) -> None:
    expected = read_plainly(given)
    pairs = len({(user, item) for user, item, *_ in expected})
    kind = "likes" if given.kind == "events" and pairs == len(given.rows) else given.kind
    values = [value for _, _, value, _ in expected]
    assume(kind != "ratings" or {*(given.scale or ())} <= {*values})  # rows enough to show the scale
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        result = run(Options(files=[write(given, folder)], out=folder / "data", memory="500MB"))
        assert result.feedback == kind
        assert result.scale == (given.scale if kind == "ratings" else None)
        users, items = ids(folder / "data")
        columns = "user_id, item_id, value, epoch(time)::bigint, rating"
        rows = table(folder / "data", "ratings", f"select {columns} from it order by seq")
        found = [(users[user], items[item], value, when) for user, item, value, when, _ in rows]
        for user in {row[0] for row in expected}:
            assert [row for row in found if row[0] == user] == [row for row in expected if row[0] == user]
        assert len(found) == len(expected)
        assert [row[-1] for row in rows] == [expected_rating(given, row[2], values) for row in rows]
        liked = LIKED[given.scale] if kind == "ratings" and given.scale else None
        assert recipe(folder / "data")["liked"] == (None if liked is None else round(liked, 9))
