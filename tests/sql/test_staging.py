"""Ingestion: what the staging layer keeps of a data directory, what it counts, and what it refuses."""

from __future__ import annotations

import gzip
import hashlib
import shutil
from pathlib import Path

import duckdb
import pytest

from recsys.errors import InputError, RecsysError, UsageError
from tests.conftest import SMALL
from tests.given import build_sql, write_directory

STAGING = ("staging", "hierarchy", "priors.items")


def build_staging(data: Path, warehouse: Path):
    return build_sql(data, warehouse, selected=("+staging.*", "+marts.data_quality", "+hierarchy.items"))


def stored(warehouse: Path, query: str):
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.sql(query).fetchall()


def test_ratings_keep_the_order_and_the_lines_of_the_file(small_warehouse):
    rows = stored(small_warehouse, "select user_id, item_id, rating, seq from staging.ratings order by seq")
    assert rows == [
        (100, 10, 90, 2),
        (100, 30, 70, 3),
        (100, 2, 80, 4),
        (100, 22, 0, 5),
        *[
            (101, 21, 50, 7),
            (101, 31, 100, 8),
        ],
    ]


def test_no_column_is_of_a_type_that_a_first_query_overflows(schemas):
    narrow = schemas.sql(
        "select table_schema, table_name, column_name, data_type from information_schema.columns "
        "where data_type = 'TINYINT' or data_type ilike 'u%int%' or data_type ilike '%hugeint'"
    ).fetchall()
    assert narrow == []


def test_ratings_and_labels_can_be_reckoned_with_below_zero(small_warehouse):
    assert stored(small_warehouse, "select min(rating - 50) from staging.ratings") == [(-50,)]
    assert stored(small_warehouse, "select avg(rating - 50) from staging.ratings") == [(pytest.approx(15),)]
    assert stored(small_warehouse, "select min(label - 1), min(-label) from staging.labels") == [(-1, -1)]


def test_candidates_are_numbered_over_the_whole_file(small_warehouse):
    rows = stored(small_warehouse, "from staging.candidates order by position")
    assert rows == [(100, 1, 1), (100, 3, 2), (100, 4, 3), (100, 5, 4), (101, 4, 5), (101, 99, 6)]


def test_tracks_and_genres_are_as_in_the_files(small_warehouse):
    assert stored(small_warehouse, "from staging.tracks order by track_id") == [
        (1, 10, 20),
        (2, 10, None),
        (3, None, None),
        (4, 11, 21),
        (5, 12, None),
    ]
    assert stored(small_warehouse, "from staging.albums order by album_id") == [
        (10, 20),
        (11, None),
        (12, 22),
    ]
    assert stored(small_warehouse, "from staging.track_genres order by all") == [
        (1, 30),
        (1, 31),
        (3, 31),
        (4, 30),
        (5, 31),
    ]


def test_what_real_data_has_is_counted(small_warehouse):
    counts = dict(
        stored(small_warehouse, 'select "check", "count" from marts.data_quality where "count" > 0')
    )
    assert counts == {
        "tracks_without_album": 1,
        "tracks_without_artist": 3,
        "albums_without_artist": 1,
        "candidates_that_no_file_lists": 1,
    }


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("rated_items_that_no_file_lists", {"trainItem2.txt": "100|1\n77\t90\n"}),
        ("candidates_rated_in_training", {"trainItem2.txt": "100|1\n1\t90\n"}),
        ("test_users_without_ratings", {"trainItem2.txt": "100|1\n10\t90\n"}),
        ("tracks_of_unlisted_albums", {"trackData2.txt": SMALL["trackData2.txt"] + "6|19|20\n"}),
        ("unlisted_artists", {"albumData2.txt": "10|29\n11|None\n12|22|31\n"}),
        ("tracks_that_repeat_a_genre", {"trackData2.txt": SMALL["trackData2.txt"] + "6|11|20|30|30\n"}),
        ("albums_that_repeat_a_genre", {"albumData2.txt": SMALL["albumData2.txt"] + "13|20|31|30|31\n"}),
        ("users_with_more_than_half_alike", {"truth2.txt": "100|1|1\n100|3|1\n100|5|1\n101|4|1\n"}),
        ("labels_that_the_truth_contradicts", {"test2_new.txt": "100|1|0\n100|5|1\n"}),
        ("unlisted_genres", {"albumData2.txt": "10|20|39\n11|None\n12|22|31\n"}),
    ],
)
def test_each_oddity_is_counted_once(tmp_path, name, changes):
    data = write_directory(tmp_path / "data", {**SMALL, **changes})
    build_staging(data, tmp_path / "w.duckdb")
    query = f'select "count", example from marts.data_quality where "check" = \'{name}\''
    count, example = stored(tmp_path / "w.duckdb", query)[0]
    assert count == 1
    assert example is not None


def content(warehouse: Path):
    return {
        name: stored(warehouse, f"from staging.{name} order by all")
        for name in ("ratings", "candidates", "tracks", "albums", "labels", "truth")
    }


@pytest.mark.parametrize("form", ["gzip", "byte order mark", "carriage returns", "no final newline", "all"])
def test_every_form_of_a_file_means_the_same(tmp_path, small_warehouse, form):
    files: dict[str, bytes] = {}
    for name, text in SMALL.items():
        data = text.encode()
        if form in ("no final newline", "all"):
            data = data.removesuffix(b"\n")
        if form in ("carriage returns", "all"):
            data = data.replace(b"\n", b"\r\n")
        if form in ("byte order mark", "all"):
            data = b"\xef\xbb\xbf" + data
        compressed = form in ("gzip", "all")
        files[f"{name}.gz" if compressed else name] = gzip.compress(data) if compressed else data
    folder = tmp_path / "data"
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    build_staging(folder, tmp_path / "w.duckdb")
    assert content(tmp_path / "w.duckdb") == content(small_warehouse)


TRAIN, TEST, TRACKS, NAMES = "trainItem2.txt", "testItem2.txt", "trackData2.txt", "itemNames.txt"
REFUSED = [
    ("rating above 100", TRAIN, "100|1\n10\t101\n", 2, "10\t101"),
    ("rating of 255", TRAIN, "100|1\n10\t255\n", 2, "10\t255"),
    ("negative rating", TRAIN, "100|1\n10\t-1\n", 2, "10\t-1"),
    ("rating with a fraction", TRAIN, "100|1\n10\t50.5\n", 2, "10\t50.5"),
    ("rating in words", TRAIN, "100|1\n10\tgood\n", 2, "10\tgood"),
    ("rating with a plus", TRAIN, "100|1\n10\t+5\n", 2, "10\t+5"),
    ("rating with a leading zero", TRAIN, "100|1\n10\t05\n", 2, "10\t05"),
    ("rating in exponents", TRAIN, "100|1\n10\t1e1\n", 2, "10\t1e1"),
    ("rating missing", TRAIN, "100|1\n10\t\n", 2, "10\t"),
    ("negative id", TRAIN, "100|1\n-10\t50\n", 2, "-10\t50"),
    ("id of ten digits", TRAIN, "100|1\n9999999999\t50\n", 2, "9999999999\t50"),
    ("three columns", TRAIN, "100|1\n10\t50\t7\n", 2, "10\t50\t7"),
    ("tab at the end", TRAIN, "100|1\n10\t50\t\n", 2, "10\t50\t"),
    ("no tab", TRAIN, "100|1\n10 50\n", 2, "10 50"),
    ("blank line", TRAIN, "100|1\n\n10\t50\n", 2, ""),
    ("blank line at the end", TRAIN, "100|1\n10\t50\n\n", 3, ""),
    ("lone carriage return", TRAIN, "100|1\n10\t50\r101|1\n10\t60\n", 2, "10\t50\r101|1"),
    ("carriage return at the very end", "artistData2.txt", "20\n21\r", 2, "21\r"),
    ("NUL byte", TRAIN, "100|1\n10\x00\t50\n", 2, "10\x00\t50"),
    ("header counts too many", TRAIN, "100|2\n10\t50\n101|1\n10\t50\n", 1, "100|2"),
    ("last header counts too many", TRAIN, "100|1\n10\t50\n101|3\n10\t50\n", 3, "101|3"),
    ("header counts too few", TRAIN, "100|1\n10\t50\n30\t60\n", 3, "30\t60"),
    ("header of two thousand million", TRAIN, "100|2000000000\n10\t50\n", 1, "100|2000000000"),
    ("header with three parts", TRAIN, "100|1|7\n10\t50\n", 1, "100|1|7"),
    ("header without a user", TRAIN, "|1\n10\t50\n", 1, "|1"),
    ("no header", TRAIN, "10\t50\n", 1, "10\t50"),
    ("user twice", TRAIN, "100|1\n10\t50\n100|1\n30\t50\n", 3, "100|1"),
    ("item rated twice", TRAIN, "100|2\n10\t50\n10\t60\n", 3, "10\t60"),
    ("candidate twice", TEST, "100|2\n1\n1\n", 3, "1"),
    ("odd number of candidates", TEST, "100|1\n1\n", 1, "100|1"),
    ("candidate in words", TEST, "100|2\n1\nx\n", 3, "x"),
    ("test header counts too many", TEST, "100|4\n1\n2\n", 1, "100|4"),
    ("track twice", TRACKS, "1|None|None\n1|10|None\n", 2, "1|10|None"),
    ("track without artist field", TRACKS, "1|None\n", 1, "1|None"),
    ("genre None", TRACKS, "1|None|None|None\n", 1, "1|None|None|None"),
    ("genre empty", TRACKS, "1|None|None|\n", 1, "1|None|None|"),
    ("track None", TRACKS, "None|10|20\n", 1, "None|10|20"),
    ("album twice", "albumData2.txt", "10|20\n10|20\n", 2, "10|20"),
    ("album without artist field", "albumData2.txt", "10\n", 1, "10"),
    ("artist twice", "artistData2.txt", "20\n21\n20\n", 3, "20"),
    ("artist that is a track", "artistData2.txt", "20\n1\n", 2, "1"),
    ("genre in words", "genreData2.txt", "rock\n", 1, "rock"),
    ("label of 2", "test2_new.txt", "100|1|2\n", 1, "100|1|2"),
    ("label of no candidate", "test2_new.txt", "100|1|1\n100|2|1\n", 2, "100|2|1"),
    ("label twice", "test2_new.txt", "100|1|1\n100|1|0\n", 2, "100|1|0"),
    ("label with two fields", "truth2.txt", "100|1\n", 1, "100|1"),
    ("label with four fields", "test2_new.txt", "100|1|1|1\n", 1, "100|1|1|1"),
    ("label in words", "test2_new.txt", "100|1|yes\n", 1, "100|1|yes"),
    ("label below zero", "truth2.txt", "100|1|-1\n", 1, "100|1|-1"),
    ("truth of no candidate", "truth2.txt", "100|1|1\n100|2|1\n", 2, "100|2|1"),
    ("truth of another user's candidate", "truth2.txt", "100|99|1\n", 1, "100|99|1"),
    ("truth twice", "truth2.txt", "100|1|1\n100|1|1\n", 2, "100|1|1"),
    ("candidate with a rating", TEST, "100|2\n1\t50\n3\n", 2, "1\t50"),
    ("candidates of no user", TEST, "1\n3\n", 1, "1"),
    ("test user twice", TEST, "100|2\n1\n3\n100|2\n4\n5\n", 4, "100|2"),
    ("blank line between headers", TEST, "100|2\n1\n3\n\n101|2\n4\n99\n", 4, ""),
    ("album with spaces", "albumData2.txt", "10 |20\n", 1, "10 |20"),
    ("album in another alphabet", "albumData2.txt", "10|None|x\n", 1, "10|None|x"),
    ("artist None", "artistData2.txt", "20\nNone\n", 2, "None"),
    ("artist with a bar", "artistData2.txt", "20|21\n", 1, "20|21"),
    ("name without a bar", NAMES, "1|Home\n2\n", 2, "2"),
    ("name of nothing", NAMES, "1|\n", 1, "1|"),
    ("name with a bar", NAMES, "1|Home|Away\n", 1, "1|Home|Away"),
    ("name with a space at the end", NAMES, "1|Home \n", 1, "1|Home "),
    ("name with a control character", NAMES, "1|Ho\x01me\n", 1, "1|Ho\x01me"),
    ("name of a text", NAMES, "one|Home\n", 1, "one|Home"),
    ("item named twice", NAMES, "1|Home\n2|Away\n1|Here\n", 3, "1|Here"),
]


@pytest.fixture
def old(small_warehouse, tmp_path):
    """A warehouse that an earlier build left."""
    return Path(shutil.copyfile(small_warehouse, tmp_path / "old.duckdb"))


def refusal(data, old):
    """The error of a build from bad input, which leaves the old warehouse as it was, and no other file."""
    before = hashlib.sha256(old.read_bytes()).hexdigest()
    with pytest.raises(InputError) as caught:
        build_sql(data, old)
    assert hashlib.sha256(old.read_bytes()).hexdigest() == before
    assert not old.with_name(f".{old.name}.build").exists()
    assert caught.value.exit_status == 2
    return caught.value


@pytest.mark.parametrize(
    ("name", "file", "text", "line", "offending"), REFUSED, ids=[case[0] for case in REFUSED]
)
def test_bad_lines_are_refused_by_file_line_and_text(tmp_path, old, name, file, text, line, offending):
    data = write_directory(tmp_path / "data", {**SMALL, file: text})
    error = refusal(data, old)
    assert (error.path.name, error.line, error.text) == (file, line, offending)
    assert error.expected
    assert str(error) == f"{data / file}:{line}: {offending!r}: expected {error.expected}"
    assert "\n" not in str(error)


def test_names_of_items_are_read_and_items_without_one_keep_their_id(tmp_path):
    data = write_directory(tmp_path / "data", {**SMALL, NAMES: "1|Käse & Brot\n20|The Owls\n77|Unlisted\n"})
    build_sql(data, tmp_path / "w.duckdb")
    rows = stored(tmp_path / "w.duckdb", "select item_id, original_id, name from staging.items")
    assert sorted(rows)[:2] == [(1, "1", "Käse & Brot"), (2, "2", None)]
    assert (20, "20", "The Owls") in rows and (77, "77", "Unlisted") in rows
    assert len(rows) == 5 + 3 + 3 + 2 + 1
    named = "select item from similar('The Owls', 1) union all select item from similar('2', 1)"
    assert stored(tmp_path / "w.duckdb", f"select count(*) >= 0 from ({named})") == [(True,)]


def test_names_that_are_not_utf_8_are_refused(tmp_path):
    data = write_directory(tmp_path / "data", SMALL)
    (data / NAMES).write_bytes(b"1|Home\n2|K\xe4se\n")
    with pytest.raises(InputError, match=r"itemNames\.txt:2: .*expected text in UTF-8"):
        build_sql(data, tmp_path / "w.duckdb")


def test_bad_encodings_are_refused(tmp_path):
    for name, text in {"latin": b"100|1\n10\xff\t50\n", "utf16": "100|1\n10\t50\n".encode("utf-16")}.items():
        data = write_directory(tmp_path / name, {**SMALL, TRAIN: text})
        with pytest.raises(InputError, match=r"trainItem2\.txt:[12]"):
            build_sql(data, tmp_path / "w.duckdb")


@pytest.mark.parametrize("damage", ["truncated", "wrong checksum", "no gzip at all"])
def test_damaged_gzip_is_refused(tmp_path, damage):
    data = write_directory(tmp_path / "data", SMALL)
    whole = gzip.compress(SMALL[TRAIN].encode())
    damaged = {
        "truncated": whole[:-9],
        "wrong checksum": whole[:-8] + b"\0\0\0\0" + whole[-4:],
        "no gzip at all": SMALL[TRAIN].encode(),
    }[damage]
    (data / TRAIN).unlink()
    (data / f"{TRAIN}.gz").write_bytes(damaged)
    with pytest.raises(InputError, match=r"trainItem2\.txt\.gz:\d+: expected a complete gzip file"):
        build_sql(data, tmp_path / "w.duckdb")


@pytest.mark.parametrize("file", [TRAIN, TEST, TRACKS, "albumData2.txt", "artistData2.txt", "genreData2.txt"])
def test_a_missing_file_is_named(tmp_path, file):
    data = write_directory(tmp_path / "data", SMALL)
    (data / file).unlink()
    with pytest.raises(UsageError, match=f"no file {file}") as caught:
        build_sql(data, tmp_path / "w.duckdb")
    assert ("--no-candidates" in str(caught.value)) == (file == TEST)


@pytest.mark.parametrize("file", [TRAIN, TEST])
@pytest.mark.parametrize("content", [b"", b"\n", b"\n\r\n\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
@pytest.mark.parametrize("is_compressed", [False, True])
def test_a_file_of_nothing_is_refused(tmp_path, old, file, content, is_compressed):
    data = write_directory(tmp_path / "data", SMALL)
    if is_compressed:
        (data / file).unlink()
    name = f"{file}.gz" if is_compressed else file
    (data / name).write_bytes(gzip.compress(content) if is_compressed else content)
    error = refusal(data, old)
    assert (error.path.name, error.line, error.text) == (name, 1, "")
    assert "the file is empty" in error.expected


def without_candidates(tmp_path):
    data = write_directory(tmp_path / "data", SMALL)
    for name in (TEST, "test2_new.txt", "truth2.txt"):
        (data / name).unlink()
    return data


def test_no_candidates_at_all_is_a_wish_that_is_said(tmp_path):
    data, warehouse = without_candidates(tmp_path), tmp_path / "w.duckdb"
    build_sql(data, warehouse, no_candidates=True)
    assert stored(warehouse, "select count(*) from staging.candidates") == [(0,)]
    assert stored(warehouse, "select count(*) from staging.ratings") == [(6,)]
    assert stored(warehouse, "select distinct accuracy, evaluated_on from marts.leaderboard") == [
        (None, "no candidates")
    ]
    assert stored(warehouse, "select count(*) > 0 from recommend(100, 3)") == [(True,)]
    assert stored(warehouse, "select count(*) > 0 from explain(100, 1)") == [(True,)]
    assert stored(warehouse, "select count(*) from submission('adaptive')") == [(0,)]


def test_a_learner_of_candidates_is_left_out_where_there_are_none(tmp_path):
    data = without_candidates(tmp_path)
    found = build_sql(data, tmp_path / "w.duckdb", no_candidates=True, sql_only=False)
    assert "scores.ensemble" in found.missing
    assert len(found.missing) > len(found.reasons) == len({*found.reasons})
    assert stored(tmp_path / "w.duckdb", "select count(*) > 0 from recommend(100, 3)") == [(True,)]


def test_a_file_of_candidates_contradicts_the_wish_for_none(tmp_path):
    data = write_directory(tmp_path / "data", SMALL)
    with pytest.raises(UsageError, match="has test items; leave out --no-candidates"):
        build_sql(data, tmp_path / "w.duckdb", no_candidates=True)


def test_a_file_that_is_there_twice_is_refused(tmp_path):
    data = write_directory(tmp_path / "data", {**SMALL, "trainIdx2.txt": SMALL[TRAIN]})
    with pytest.raises(UsageError, match="has both trainItem2.txt and trainIdx2.txt; remove one"):
        build_sql(data, tmp_path / "w.duckdb")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path):
    data = write_directory(tmp_path / "data", SMALL)
    (data / TRAIN).unlink()
    (data / TRAIN).mkdir()
    with pytest.raises(RecsysError, match=r"trainItem2\.txt: expected a readable file"):
        build_sql(data, tmp_path / "w.duckdb")


def test_files_without_an_item_make_an_empty_warehouse(tmp_path):
    build_sql(write_directory(tmp_path / "data", {}), tmp_path / "w.duckdb")
    assert stored(tmp_path / "w.duckdb", "select count(*) from features.candidates") == [(0,)]
    assert stored(tmp_path / "w.duckdb", "from priors.overall") == [(0, 50.0)]
