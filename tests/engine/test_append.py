"""Rows that are appended: to the data directory, and to the warehouse without learning."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recsys
from recsys.backends.database import Limits
from recsys.engine import manifest
from recsys.engine.rebuilding import rebuild_options
from recsys.errors import InputError, UsageError
from recsys.project.files import shipped
from recsys.sources import changing, parquet
from recsys.sources.appending import steps
from tests.given import build_sql
from tests.relations import untimed

FIRST = pd.DataFrame(
    [
        *[
            (user, item, 5 - (user * item) % 4, 1_500_000_000 + 10 * item)
            for user in range(1, 9)
            for item in range(1, 9)
        ],
    ],
    columns=["user", "item", "rating", "time"],
)
UNTUNED = ("tuning.seconds=0",)  # hyperparameters stay while the data grow little
OPTIONS = {"scale": (1, 5), "feedback": "ratings", "noun": "film"}


@pytest.fixture(scope="session")
def imported(tmp_path_factory):
    """Data of eight users, and their warehouse."""
    folder = tmp_path_factory.mktemp("append")
    recsys.import_ratings(FIRST[FIRST.user + FIRST.item <= 12], folder / "data", **OPTIONS)
    build_sql(folder / "data", folder / "w.duckdb", overrides=UNTUNED)
    return folder


@pytest.fixture
def own(imported, tmp_path):
    """A copy of both that a test may change."""
    return shutil.copytree(imported, tmp_path / "own")


def rows(*found):
    return pd.DataFrame(found, columns=["user", "item", "rating", "time"])


def ask(warehouse: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.sql(sql).fetchall()


def digests(warehouse: Path) -> dict[str, tuple[int, str]]:
    return {name: (made.row_count, made.digest) for name, made in manifest.read(warehouse).items()}


def append(folder: Path, given, **options):
    return recsys.append(given, data=folder / "data", warehouse=folder / "w.duckdb", **options)


def test_a_warehouse_takes_rows_at_once(own):
    before = ask(
        own / "w.duckdb", "select item_id from marts.recommendations where user_id = 8 order by rank"
    )
    (best,) = before[0]
    found = append(own, rows((8, best, 5, 1_600_000_000), ("9", "2", 4, 1_600_000_000)))
    assert (found.added, found.repeated, found.new_users, found.new_items) == (2, 0, 1, 0)
    warehouse = own / "w.duckdb"
    assert ask(warehouse, f"select value from staging.ratings where user_id = 8 and item_id = {best}") == [
        (5.0,)
    ]
    assert (best,) not in ask(warehouse, "select item_id from marts.recommendations where user_id = 8")
    assert ask(warehouse, "select count(*) > 0 from recommend('9', 3)") == [(True,)]
    assert ask(warehouse, "select rating_count from marts.user_facts where user_id = 9") == [(1,)]
    count = f"select rating_count from marts.item_facts where item_id = {best}"
    assert (
        ask(warehouse, count)[0][0]
        == ask(warehouse, f"select count(*) from staging.ratings where item_id = {best}")[0][0]
    )
    interactions, users = ask(warehouse, "select interactions, users from marts.freshness")[0]
    assert (interactions, users) == (2, 2)


def test_what_does_not_change_is_not_made_anew(own):
    append(own, rows((8, 8, 5, 1_600_000_000)))
    records = manifest.read(own / "w.duckdb")
    changed = {name for name, made in records.items() if made.fingerprint.appended}
    assert {"staging.ratings", "lists.items", "marts.user_facts", "marts.recommendations"} <= changed
    assert changed.isdisjoint({"staging.users", "staging.items", "staging.tracks", "hierarchy.memberships"})


def test_the_record_of_an_append_has_counts_and_digests_of_what_is_there(own):
    before = manifest.read(own / "w.duckdb")
    append(own, rows((8, 8, 5, 1_600_000_000), (9, 9, 1, 1_600_000_000), (1, 1, 2, 1_600_000_001)))
    append(own, rows((8, 8, 2, 1_600_000_002), (10, 1, 1, 1_400_000_000)))
    made = manifest.read(own / "w.duckdb")
    stored = {name: one for name, one in made.items() if one.kind in ("table", "view")}
    content = "select count(*), format('{:x}', coalesce(sum(hash(content)::hugeint), 0)) from"
    for name, one in stored.items():
        as_made = f"select {untimed(name)} from {name}"
        count, digest = ask(own / "w.duckdb", f"{content} ({as_made}) as content")[0]
        assert one.row_count == count, name
        assert one.digest == digest, name
    changed = {name for name, one in stored.items() if one.digest != before[name].digest}
    assert {"staging.ratings", "lists.interactions", "marts.item_facts", "marts.freshness"} <= changed
    assert stored["lists.interactions"].digest


def test_lists_after_an_append_are_those_of_the_stored_models(own):
    append(own, rows((8, 8, 5, 1_600_000_000), (1, 8, 1, 1_600_000_000)))
    with recsys.open(own / "w.duckdb") as warehouse:
        stored = warehouse.recommend(["1", "8"], k=3).fetchall()
        computed = warehouse.recommend(["1", "8"], k=3, where="true").fetchall()
    assert stored == computed


def test_a_build_after_appends_is_one_of_all_rows(own, tmp_path):
    append(own, FIRST[FIRST.user + FIRST.item > 12])
    recsys.import_ratings(FIRST, tmp_path / "all", **OPTIONS)
    build_sql(tmp_path / "all", tmp_path / "all.duckdb", overrides=UNTUNED)
    build_sql(own / "data", own / "w.duckdb", overrides=UNTUNED)
    one, other = digests(own / "w.duckdb"), digests(tmp_path / "all.duckdb")
    # a build goes on from the search of the one before, and what it found chooses
    searched = {"lists.trials", "marts.tuning", "lists.chosen", "marts.list_leaderboard"}
    assert {name for name in one if one[name] != other[name]} <= searched
    assert one.keys() == other.keys()
    assert ask(own / "w.duckdb", "from marts.freshness") == []


@pytest.mark.slow
@pytest.mark.parametrize("feedback", ["likes", "counts", "events"])
def test_a_build_after_appends_is_one_of_all_rows_of_each_kind(tmp_path, feedback):
    draw = random.Random(7)
    plays = [(draw.randint(1, 12), draw.randint(1, 10), draw.choice((1, 2, 40))) for _ in range(160)]
    frame = pd.DataFrame(plays, columns=["user", "item", "plays"])
    frame = (frame if feedback == "counts" else frame.drop(columns="plays")).assign(time=1_500_000_000)
    frame["time"] += [draw.randint(0, 10_000) for _ in plays]
    recsys.import_ratings(frame, tmp_path / "all", feedback=feedback)
    recsys.import_ratings(frame[:80], tmp_path / "data", feedback=feedback)
    build_sql(tmp_path / "data", tmp_path / "w.duckdb", overrides=UNTUNED)
    append(tmp_path, frame[81:120:2])
    append(tmp_path, pd.concat([frame[80:120:2], frame[120:]]))
    assert ask(tmp_path / "w.duckdb", "select sum(interactions) > 40 from marts.freshness") == [(True,)]
    build_sql(tmp_path / "data", tmp_path / "w.duckdb", overrides=UNTUNED)
    build_sql(tmp_path / "all", tmp_path / "all.duckdb", overrides=UNTUNED)
    assert digests(tmp_path / "w.duckdb") == digests(tmp_path / "all.duckdb")


@pytest.mark.parametrize(
    ("row", "count", "value"),
    [((1, 1, 2, 1_600_000_000), (0, 1, 0), 2.0), ((1, 1, 2, 1_400_000_000), (0, 0, 1), 4.0)],
    ids=["later", "earlier"],
)
def test_the_later_rating_counts(own, row, count, value):
    found = append(own, rows(row))
    assert (found.added, found.repeated, found.unchanged) == count
    assert ask(own / "w.duckdb", "select value from staging.ratings where user_id = 1 and item_id = 1") == [
        (value,)
    ]


def test_new_ids_are_free_numbers_where_the_largest_one_is_taken(own):
    most = 2_147_483_647
    append(own, pd.DataFrame({"user": [most], "item": [most - 1], "rating": [5], "time": [1_600_000_000]}))
    new = {"user": ["a", "b", "3"], "item": ["c", "d", "1"], "rating": [5, 4, 3], "time": [1_600_000_001] * 3}
    append(own, pd.DataFrame(new))
    users = "select original_id, user_id from staging.users where user_id > 8 order by 2"
    assert ask(own / "w.duckdb", users) == [("a", 9), ("b", 10), (str(most), most)]
    items = "select original_id, item_id from staging.items where item_id > 8 order by 2"
    assert ask(own / "w.duckdb", items) == [("c", 9), ("d", 10), (str(most - 1), most - 1)]


def test_a_late_row_comes_in_its_place(own):
    append(own, rows((8, 8, 5, 1_400_000_000)))
    history = ask(own / "w.duckdb", "select item_id from staging.ratings where user_id = 8 order by seq")
    assert [item for (item,) in history] == [8, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((1, 2, 6, 0), "expected a rating 1..5 in the column rating"),
        ((None, 2, 3, 0), "expected a user in the column user"),
    ],
)
def test_bad_rows_change_nothing(own, row, message):
    before = files(own)
    with pytest.raises(InputError, match=message):
        append(own, rows((1, 8, 5, 0), row))
    assert files(own) == before


FILES = {
    "a time beyond the unit": (
        "user,item,rating,time\n1,8,5,99999999999999\n",
        ":2: .*a time in the column time$",
    ),
    "no header": ("1,8,5,1600000000\n", ": no column 'user'"),
    "a pair twice": (
        "user,item,rating,time\n1,8,5,1\n1,8,4,2\n",
        ":3: .*keep one of them, or import all rows again with --duplicates last",
    ),
}


@pytest.mark.parametrize(("text", "message"), FILES.values(), ids=FILES)
def test_a_file_unlike_that_of_the_import_is_refused(own, text, message):
    before = files(own)
    (own.parent / "new.csv").write_text(text)
    with pytest.raises((InputError, UsageError), match=rf"new\.csv{message}"):
        append(own, own.parent / "new.csv")
    assert files(own) == before


def files(folder: Path) -> dict[str, bytes]:
    hidden = {".lock", ".w.duckdb.lock"}
    return {
        str(path): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in hidden
    }


def test_an_append_that_stopped_before_publishing_is_caught_up(own):
    recsys.append(rows((8, 8, 5, 1_600_000_000)), data=own / "data")
    append(own, rows((8, 7, 4, 1_600_000_001)))
    found = ask(
        own / "w.duckdb", "select item_id from staging.ratings where user_id = 8 order by seq desc limit 2"
    )
    assert found == [(7,), (8,)]


def test_a_build_of_some_models_does_not_hide_rows_that_the_ratings_lack(own):
    recsys.append(rows((8, 8, 5, 1_600_000_000)), data=own / "data")
    build_sql(own / "data", own / "w.duckdb", selected=("marts.members",))
    append(own, rows((8, 7, 4, 1_600_000_001)))
    found = ask(
        own / "w.duckdb", "select item_id from staging.ratings where user_id = 8 order by seq desc limit 2"
    )
    assert found == [(7,), (8,)]


def test_a_warehouse_that_missed_merged_rows_needs_a_build(own, monkeypatch):
    monkeypatch.setattr(steps, "LEAST", 1)
    monkeypatch.setattr(steps, "SHARE", 1000)
    for item in (7, 8):
        recsys.append(rows((8, item, 5, 1_600_000_000)), data=own / "data")
    with pytest.raises(
        UsageError, match="lacks rows that were appended without --warehouse; build it: recsys build"
    ):
        append(own, rows((8, 6, 5, 1_600_000_000)))


def test_a_rebuild_scales_counts_by_all_rows(tmp_path):
    counts = pd.DataFrame({"user": [*"aabb"], "item": [1, 2, 1, 3], "plays": [1, 5, 9, 4]})
    recsys.import_ratings(counts, tmp_path / "data", feedback="counts", liked=4)
    build_sql(tmp_path / "data", tmp_path / "w.duckdb", overrides=UNTUNED)
    before = parquet.parameters(parquet.metadata(tmp_path / "data"))
    more = pd.DataFrame({"user": [*"ccc"], "item": [1, 2, 3], "plays": [4000, 5000, 6000]})
    append(tmp_path, more)
    assert parquet.parameters(parquet.metadata(tmp_path / "data"))["liked.rating"] != before["liked.rating"]
    overrides = rebuild_options(tmp_path / "data", tmp_path / "w.duckdb", Limits(2)).overrides
    assert overrides == ("tuning.seconds=0",)


def test_other_data_are_refused(own, tmp_path):
    recsys.import_ratings(FIRST, tmp_path / "other", **OPTIONS)
    with pytest.raises(UsageError, match="not built from"):
        recsys.append(rows((1, 2, 3, 0)), data=tmp_path / "other", warehouse=own / "w.duckdb")
    assert "files" not in json.loads((tmp_path / "other" / "dataset.json").read_text())


def test_a_warehouse_that_another_program_writes_is_refused(own):
    before = files(own)
    (own / "w.duckdb.wal").write_bytes(b"of another program")
    with pytest.raises(UsageError, match="another program did not finish writing to it"):
        append(own, rows((1, 8, 3, 0)))
    (own / "w.duckdb.wal").unlink()
    assert files(own) == before


def test_a_warehouse_without_lists_takes_rows_and_says_so(own, caplog):
    build_sql(own / "data", own / "w.duckdb", overrides=UNTUNED, unwanted=("lists.*",))
    caplog.set_level("INFO", logger="recsys")
    append(own, rows((8, 8, 5, 1_600_000_000), (9, 9, 5, 1_600_000_000)))
    assert caplog.messages[-1] == f"{own / 'w.duckdb'}: has the new rows of 2 users, and no lists"
    assert ask(own / "w.duckdb", "select count(*) from staging.ratings where item_id >= 8") == [(6,)]


def test_two_appends_at_once_are_refused_by_name(own):
    with changing.changing(own / "data"):
        with pytest.raises(UsageError, match="another append or forget changes these data .process"):
            append(own, rows((1, 8, 3, 0)))


def test_files_stay_while_a_build_reads_them(own):
    with changing.reading(own / "data"):
        recsys.append(rows((8, 8, 5, 1_600_000_000)), data=own / "data")
        recsys.append(rows((9, 9, 5, 1_600_000_000)), data=own / "data")
        assert (own / "data" / "appended-1.parquet").exists()
    recsys.append(rows((9, 8, 5, 1_600_000_000)), data=own / "data")
    metadata = parquet.metadata(own / "data")
    assert {path.name for path in (own / "data").glob("*.parquet")} == set(metadata["sha256"])


def test_files_of_a_crashed_append_are_removed(own):
    (own / "data" / "users-7.parquet").write_bytes(b"half")
    (own / "data" / ".scratch").mkdir()
    recsys.append(rows((8, 8, 5, 1_600_000_000)), data=own / "data")
    assert not (own / "data" / "users-7.parquet").exists()
    assert not (own / "data" / ".scratch").exists()


@pytest.fixture(scope="module")
def staging(tmp_path_factory):
    """The models of staging alone, which are read in half the time."""
    folder = tmp_path_factory.mktemp("staging") / "sql"
    for part in ("staging", "macros"):
        shutil.copytree(shipped() / part, folder / part)
    shutil.copy(shipped() / "parameters.toml", folder)
    return folder


KINDS = {
    "ratings": {"feedback": "ratings", "scale": (1, 5), "duplicates": "last"},
    "likes": {"feedback": "likes"},
    "counts": {"feedback": "counts"},
    "events": {"feedback": "events"},
}
ROWS = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5), st.integers(0, 3)),
    min_size=6,
    max_size=14,
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=4, deadline=None, derandomize=True)
@given(found=ROWS, cuts=st.tuples(st.integers(1, 5), st.integers(1, 5)), has_time=st.booleans())
def test_appends_in_any_order_are_one_import(tmp_path_factory, staging, kind, found, cuts, has_time):
    folder = tmp_path_factory.mktemp("split")
    frame = rows(*found)
    frame["time"] += 1_500_000_000
    frame = frame if has_time else frame.drop(columns="time")
    first, second = sorted(cuts)
    recsys.import_ratings(frame, folder / "all", **KINDS[kind])
    recsys.import_ratings(frame[:first], folder / "data", **KINDS[kind])
    for part in (frame[first:second], frame[second:]):
        if len(part):
            recsys.append(part, data=folder / "data")
    for name in ("all", "data"):
        build_sql(
            folder / name,
            folder / f"{name}.duckdb",
            sql=staging,
            selected=("staging.ratings", "staging.users", "staging.items", "staging.dataset"),
        )
    assert digests(folder / "data.duckdb") == digests(folder / "all.duckdb")


WHOLE = (
    *("staging.users", "staging.items", "staging.tracks", "hierarchy.items", "hierarchy.track_lineage"),
    *("hierarchy.memberships", "lists.items", "lists.users", "marts.user_activity", "marts.user_facts"),
)


def test_what_is_updated_is_what_a_build_makes(own):
    append(own, rows((8, 8, 5, 1_600_000_000), (9, 9, 1, 1_600_000_000), (1, 1, 2, 1_600_000_001)))
    queries = {
        **{name: f"from {name} order by all" for name in WHOLE},
        "staging.ratings": "select user_id, item_id, rating, value, time, is_like from staging.ratings order by all",
        "marts.item_facts": "from marts.item_facts where item_id in (1, 8, 9) order by all",
        "priors.items": "select item_id, rating_count, rating_mean from priors.items order by all",
    }
    build_sql(own / "data", own / "built.duckdb", selected=[f"+{name}" for name in queries])
    for name, query in queries.items():
        assert ask(own / "w.duckdb", query) == ask(own / "built.duckdb", query), name


OF_ITEMS = (
    *("staging.albums", "staging.artists", "staging.genres", "staging.album_genres", "staging.track_genres"),
    *("hierarchy.track_genres", "marts.filter_items"),
)
MOVIES = pd.DataFrame(
    {
        "item": ["a", "b"],
        "title": ["First", "Second"],
        "genres": ["Comedy|Drama", "Drama"],
        "artist": ["Ann", "Bob"],
        "album": ["Box", None],
        "year": [1990, 2000],
    }
)


def test_new_items_come_with_what_the_items_file_says(tmp_path):
    ratings = rows(*[(user, item, 1 + ord(user) % 5, 1_500_000_000) for user in "uvwxyz" for item in "ab"])
    recsys.import_ratings(ratings, tmp_path / "data", items=MOVIES, **OPTIONS)
    build_sql(tmp_path / "data", tmp_path / "w.duckdb", overrides=UNTUNED)
    more = pd.DataFrame(
        {"item": ["c", "b"], "title": ["Third", "Other"], "genres": ["Drama|Noir", ""], "artist": ["Ann", ""]}
    ).assign(album=["Chest", None], year=[2010, 1])
    found = append(tmp_path, rows(("u", "c", 5, 1_600_000_000)), items=more)
    assert (found.new_items, found.known_items) == (1, 1)
    facts = "select name, album, artist, genres from marts.filter_items order by item"
    expected = [
        ("First", "Box", "Ann", ["Comedy", "Drama"]),
        ("Second", None, "Bob", ["Drama"]),
        ("Third", "Chest", "Ann", ["Drama", "Noir"]),
    ]
    years = "select year from staging.item_attributes order by item_id"
    assert ask(tmp_path / "w.duckdb", facts) == expected
    assert ask(tmp_path / "w.duckdb", years) == [(1990,), (2000,), (2010,)]
    new = "(select item_id from staging.items where original_id = 'c')"
    weights = f"select attribute_id, weight from lists.attributes where item_id = {new} order by all"
    with recsys.open(tmp_path / "w.duckdb") as warehouse:
        listed = warehouse.recommend("v", k=1, model="attributes").fetchall()
        assert [row[2] for row in listed] == ["c"]
        assert {row[-1] for row in warehouse.similar("c", k=2).fetchall()} == {"attributes"}
    selected = [f"+{name}" for name in (*WHOLE, *OF_ITEMS, "lists.attributes")]
    build_sql(tmp_path / "data", tmp_path / "built.duckdb", selected=selected)
    for name in (*WHOLE, *OF_ITEMS):
        query = f"from {name} order by all"
        assert ask(tmp_path / "w.duckdb", query) == ask(tmp_path / "built.duckdb", query), name
    assert ask(tmp_path / "built.duckdb", facts) == expected
    assert len(ask(tmp_path / "w.duckdb", weights)) == 4
    assert ask(tmp_path / "w.duckdb", weights) == ask(tmp_path / "built.duckdb", weights)
