"""``recsys import``: what becomes of anybody's ratings, and what is refused."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recsys.engine.build import Options as BuildOptions
from recsys.engine.build import build
from recsys.errors import Error, InputError, UsageError
from recsys.sources.importing.options import Options
from recsys.sources.importing.recipe import run
from tests.given import Silent

RATINGS = "userId,movieId,rating,timestamp\nu1,m1,5,30\nu1,m2,1,10\nu2,m1,3,20\n"
MOVIES = 'movieId,title,genres\nm1,First,Comedy|Drama\nm2,"Second, The",(no genres listed)\nm3,Third,Drama\n'


def imported(folder: Path, ratings: str | bytes = RATINGS, name: str = "ratings.csv", **options: Any) -> Path:
    """The data directory that an import of one file makes, without a holdout unless asked for."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(ratings if isinstance(ratings, bytes) else ratings.encode())
    out = folder / "data"
    run(Options(**{"files": [str(folder / name)], "out": out, "holdout": 0, "memory": "500MB", **options}))
    return out


def rows(data: Path, name: str, query: str = "from it order by all") -> list[tuple]:
    with duckdb.connect() as connection:
        connection.execute("create view it as from read_parquet($$" + str(data / f"{name}.parquet") + "$$)")
        return connection.sql(query).fetchall()


def ratings_of(data: Path) -> list[tuple]:
    """Original user, original item, rating, in the order of seq."""
    users = dict(rows(data, "users", "select user_id, original_id from it"))
    items = dict(rows(data, "items", "select item_id, original_id from it"))
    found = rows(data, "ratings", "select user_id, item_id, rating from it order by seq")
    return [(users[user], items[item], rating) for user, item, rating in found]


def with_movies(folder: Path, movies: str = MOVIES, **options: Any) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "movies.csv").write_text(movies)
    return imported(folder, **{"items": str(folder / "movies.csv"), **options})


def test_ratings_keep_their_time_and_take_the_scale_of_the_data(tmp_path):
    data = imported(tmp_path)
    assert ratings_of(data) == [("u1", "m2", 0), ("u1", "m1", 100), ("u2", "m1", 50)]
    assert rows(data, "ratings", "select min(seq), max(seq), count(distinct seq) from it") == [(1, 3, 3)]
    assert sorted(path.name for path in data.iterdir()) == [
        *("albums.parquet", "artists.parquet", "dataset.json", "genres.parquet", "items.parquet"),
        *("ratings.parquet", "tracks.parquet", "users.parquet"),
    ]


def test_a_given_scale_is_mapped_to_0_and_100(tmp_path):
    data = imported(tmp_path, scale=(0.0, 5.0))
    assert [rating for *_, rating in ratings_of(data)] == [20, 100, 60]
    assert json.loads((data / "dataset.json").read_text())["scale"] == [0.0, 5.0]


@pytest.mark.parametrize(
    ("options", "stars", "liked", "of_hundred"),
    [
        ({}, [1, 5], 4, 75),
        ({"scale": (0.5, 5.0)}, [1, 5], 4, 78),
        ({"scale": (0.0, 100.0)}, [1, 5], 80, 80),
        ({"scale": (-10.0, 10.0)}, [1, 5], 6, 80),
        ({"scale": (4.5, 5.0)}, [4.5, 5], 4.5, 0),  # all
        ({}, [3, 3], None, 0),  # every row
        ({"liked": 3.0}, [1, 5], 3, 50),
    ],
)
def test_four_fifths_of_the_highest_rating_are_a_like(tmp_path, options, stars, liked, of_hundred):
    data = imported(
        tmp_path, "user,item,rating\n" + "".join(f"u,m{s}{n},{s}\n" for n, s in enumerate(stars)), **options
    )
    recipe = json.loads((data / "dataset.json").read_text())
    assert (recipe["liked"], recipe["liked_rating"]) == (liked, of_hundred)


def test_four_stars_are_held_out_and_the_build_takes_them_for_likes(tmp_path):
    data = imported(tmp_path, many().replace(",5\n", ",4\n"), scale=(1.0, 5.0), holdout=3)
    assert rows(data, "truth", "select count(*) from it where label = 1") == [(120,)]
    for overrides, count in [((), 6 * 40), (("dataset.liked=4.1",), 0)]:
        told, warehouse = Silent(), tmp_path / "w.duckdb"
        build(BuildOptions(data, warehouse, selected=("+validation.labels",), overrides=overrides), told)
        assert told.finished_models["validation.labels"].row_count == count
        assert "scores.ranker" not in told.missing and "scores.ensemble" not in told.missing
        assert told.missing["scores.decision_tree"].startswith("the data have no known answers to learn from")


def test_without_times_the_order_of_rows_counts_and_without_ratings_each_row_is_a_like(tmp_path):
    data = imported(tmp_path, "user\titem\nb\tz\nb\ty\na\ty\nb\tx\n", "likes.tsv")
    assert ratings_of(data) == [("a", "y", 100), ("b", "z", 100), ("b", "y", 100), ("b", "x", 100)]


def test_whole_numbers_stay_as_they_are_and_texts_are_numbered(tmp_path):
    data = imported(tmp_path / "numbers", "user,item,rating\n7,40,1\n3,50,2\n")
    assert rows(data, "users") == [(3, "3", None), (7, "7", None)]
    assert rows(data, "tracks", "select track_id from it order by all") == [(40,), (50,)]
    data = imported(tmp_path / "texts", "user,item,rating\n007,40,1\n7,x,2\n")
    assert rows(data, "users") == [(1, "007", None), (2, "7", None)]
    assert rows(data, "items", "select item_id, original_id from it order by all") == [(1, "40"), (2, "x")]


def test_items_have_names_and_genres(tmp_path):
    data = with_movies(tmp_path)
    named = rows(data, "items", "select original_id, name, kind from it order by item_id")
    assert named == [
        *[("m1", "First", "track"), ("m2", "Second, The", "track"), ("m3", "Third", "track")],
        *[("Comedy", "Comedy", "genre"), ("Drama", "Drama", "genre")],
    ]
    assert rows(data, "tracks") == [(1, None, None, [4, 5]), (2, None, None, []), (3, None, None, [5])]
    assert rows(data, "genres") == [(4,), (5,)]


def test_albums_and_artists_that_are_named_alone_are_items_too(tmp_path):
    songs = "id,title,album,artist\nm1,One,Red,Ann\nm2,Two,Red,Ann\nm3,Three,Blue,Ann\nm4,Four,Blue,Bob\n"
    data = with_movies(tmp_path, songs, ratings="user,item,rating\nu,m1,1\nu,Red,5\nu,Bob,3\n")
    ids = {(kind, name): item for item, _, name, kind in rows(data, "items")}
    red, blue, ann, bob = (
        ids[key] for key in [("album", "Red"), ("album", "Blue"), ("artist", "Ann"), ("artist", "Bob")]
    )
    assert [row[1:3] for row in rows(data, "tracks")] == [(red, ann), (red, ann), (blue, ann), (blue, bob)]
    assert sorted(rows(data, "albums")) == sorted([(red, ann, []), (blue, None, [])])
    assert rows(data, "artists") == sorted([(ann,), (bob,)])
    assert [item for (item,) in rows(data, "ratings", "select item_id from it order by seq")] == [
        ids["track", "One"],
        red,
        bob,
    ]


def test_items_of_every_kind_may_be_listed(tmp_path):
    songs = "id,type,name,album,artist,genre\n1,track,One,2,,9\n2,album,Red,,3,9\n3,Artist,Ann,,,\n9,genre,Pop,,,\n"
    data = with_movies(tmp_path, songs, ratings="user,item,rating\nu,1,1\nu,2,5\n")
    assert rows(data, "tracks") == [(1, 2, None, [9])]
    assert rows(data, "albums") == [(2, 3, [9])]
    assert rows(data, "artists") + rows(data, "genres") == [(3,), (9,)]
    assert rows(data, "items", "select name from it order by item_id") == [
        ("One",),
        ("Red",),
        ("Ann",),
        ("Pop",),
    ]


@pytest.mark.parametrize("separator", [None, " "])
def test_a_space_separates_genres_where_it_is_said_to(tmp_path, separator):
    data = with_movies(tmp_path, "movieId,genre\nm1,Film Noir\n", separator=separator)
    names = rows(data, "items", "select name from it where kind = 'genre' order by name")
    assert names == ([("Film Noir",)] if separator is None else [("Film",), ("Noir",)])


def test_the_headers_of_recbole_are_known(tmp_path):
    (tmp_path / "a.item").write_text(
        "item_id:token\tmovie_title:token_seq\tclass:token_seq\n1\tToy Story\tComedy War\n"
    )
    data = imported(
        tmp_path,
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t1\t3\t9.5\n1\t2\t5\t8.0\n",
        "a.inter",
        items=str(tmp_path / "a.item"),
    )
    assert ratings_of(data) == [("1", "2", 100), ("1", "1", 50)]
    assert rows(data, "items", "select name from it order by item_id") == [
        ("Toy Story",),
        (None,),
        ("Comedy",),
        ("War",),
    ]


@pytest.mark.parametrize("form", ["gzip", "parquet", "json", "two files"])
def test_every_form_of_the_file_means_the_same(tmp_path, form):
    expected = ratings_of(imported(tmp_path / "plain"))
    folder, source = tmp_path / "other", tmp_path / "plain" / "ratings.csv"
    folder.mkdir()
    files = [str(folder / "ratings*")]
    if form == "gzip":
        (folder / "ratings.csv.gz").write_bytes(gzip.compress(source.read_bytes()))
    elif form == "two files":
        header, *lines = RATINGS.splitlines(keepends=True)
        for number, line in enumerate(lines):
            (folder / f"ratings-{number}.csv").write_text(header + line)
    else:
        path = folder / f"ratings.{form}"
        duckdb.sql(f"copy (from '{source}') to '{path}'")
    run(Options(files=files, out=folder / "data", holdout=0))
    assert ratings_of(folder / "data") == expected


def test_columns_may_be_called_anything(tmp_path):
    odd = 'who"; drop table x; --,an item,{{ 7 }},$path\nu,m,2,2\nu,n,1,1\n'
    columns = {"user": 'who"; drop table x; --', "item": "an item", "rating": "{{ 7 }}", "time": "$path"}
    assert ratings_of(imported(tmp_path, odd, columns=columns)) == [("u", "n", 0), ("u", "m", 25)]


@pytest.mark.parametrize(
    ("duplicates", "expected"),
    [("last", [("u", "m", 0), ("u", "n", 100)]), ("mean", [("u", "m", 75), ("u", "n", 100)])],
)
def test_several_ratings_of_one_item_become_one(tmp_path, duplicates, expected):
    text = "user,item,rating,time\nu,m,1,5\nu,m,5,1\nu,n,5,9\nu,m,5,2\nu,m,5,3\n"
    assert ratings_of(imported(tmp_path, text, duplicates=duplicates, scale=(1.0, 5.0))) == expected
    mean = imported(tmp_path / "again", text, duplicates=duplicates, scale=(1.0, 5.0))
    assert ratings_of(mean) == expected


def many(users: int = 40, items: int = 60) -> str:
    """A file in which each user rates 20 items, ten of them high."""
    lines = [
        f"u{user},m{(user * 7 + number * 3) % items},{1 + 4 * (number % 2)}"
        for user in range(users)
        for number in range(20)
    ]
    return "\n".join(["user,item,rating", *lines, ""])


def test_the_holdout_is_the_protocol_of_the_cup(tmp_path):
    whole = ratings_of(imported(tmp_path / "whole", many()))
    data = imported(tmp_path / "held", many(), holdout=3)
    users = dict(rows(data, "users", "select user_id, original_id from it"))
    items = dict(rows(data, "items", "select item_id, original_id from it"))
    truth = [(users[user], items[track], label) for user, track, label in rows(data, "truth")]
    rated = {(user, item): rating for user, item, rating in whole}
    liked = {(user, item) for user, item, label in truth if label}
    assert Counter((user, label) for user, _, label in truth) == Counter(
        {(user, label): 3 for user in users.values() for label in (0, 1)}
    )
    assert all(rated[pair] >= 80 for pair in liked)
    assert all((user, item) not in rated for user, item, label in truth if not label)
    assert {row[:2] for row in ratings_of(data)} == rated.keys() - liked
    assert rows(data, "candidates", "select user_id, track_id from it order by position") == [
        row[:2] for row in rows(data, "truth")
    ]


def test_the_holdout_repeats_for_a_seed_and_differs_for_another(tmp_path):
    found = [
        rows(imported(tmp_path / name, many(), holdout=2, seed=seed, threads=threads), "truth")
        for name, seed, threads in [("a", 1, 1), ("b", 1, 2), ("c", 2, 2)]
    ]
    assert found[0] == found[1] != found[2]


def test_popular_tracks_are_drawn_more_often(tmp_path):
    """Of the unliked, one in two is the track that half of all high ratings are of."""
    lines = [
        f"u{user},{item},5"
        for user in range(300)
        for item in (f"own{user}", f"other{user}", "hit" if user < 150 else f"third{user}")
    ]
    data = imported(tmp_path, "\n".join(["user,item,rating", *lines, ""]), holdout=1)
    hit = rows(data, "items", "select item_id from it where original_id = 'hit'")[0][0]
    share = rows(data, "truth", f"select avg((track_id = {hit})::int) from it where label = 0")[0][0]
    # 150 of 900 high ratings, none of them for the 150 users who have rated it
    assert share == pytest.approx(150 / 900 / 2, abs=0.04)


def test_who_rated_much_is_drawn_for_until_enough_is_found(tmp_path):
    """Half of all draws are of what the user rated: the first two are so for every fourth user."""
    lines = [f"u{user},m{(user * 7 + number) % 40},5" for user in range(60) for number in range(20)]
    data = imported(tmp_path, "\n".join(["user,item,rating", *lines, ""]), holdout=1)
    assert rows(data, "truth", "select label, count(*) from it group by all order by all") == [
        (0, 60),
        (1, 60),
    ]


def test_too_few_likes_leave_no_candidates(tmp_path):
    data = imported(tmp_path, holdout=3)
    assert not (data / "candidates.parquet").exists()
    assert ratings_of(data) == ratings_of(imported(tmp_path / "other"))


def numbered(text: str) -> str:
    return "".join(f"a{number},b,3,1\n" for number in range(3)) + text


HEADER = "user,item,rating,time\n"
REFUSED = [
    ("text in the place of a number", HEADER + numbered("u,m,good,1\n"), {}, 5, "u,m,good,1", "a number in the column rating"),
    ("far below the sample", HEADER + "".join(f"u{n},m,3,1\n" for n in range(25000)) + "u,m,good,1\n", {}, 25002, "u,m,good,1", "a number"),
    ("not a number", HEADER + numbered("u,m,nan,1\n"), {}, 5, "u,m,nan,1", "a number in the column rating"),
    ("infinite", HEADER + numbered("u,m,inf,1\n"), {}, 5, "u,m,inf,1", "a number in the column rating"),
    ("no rating", HEADER + numbered("u,m,,1\n"), {}, 5, "u,m,,1", "a number in the column rating"),
    ("no user", HEADER + numbered(",m,3,1\n"), {}, 5, ",m,3,1", "a user in the column user"),
    ("no item", HEADER + numbered('u,"",3,1\n'), {}, 5, 'u,"",3,1', "an item in the column item"),
    ("nothing but a tab", HEADER + numbered("u,\t,3,1\n"), {}, 5, "u,\t,3,1", "an item in the column item"),
    ("no time", HEADER + numbered("u,m,3,\n"), {}, 5, "u,m,3,", "a time in the column time"),
    ("a time beyond all units", HEADER + numbered("u,m,3,1e22\n"), {}, 5, "u,m,3,1e22", "a time in the column time"),
    ("time in words", HEADER + numbered("u,m,3,noon\n"), {}, 5, "u,m,3,noon", "a time in the column time"),
    ("outside the scale", HEADER + numbered("u,m,6,1\n"), {"scale": (1.0, 5.0)}, 5, "u,m,6,1", "a rating 1..5"),
    ("too few columns", HEADER + numbered("u,m\n"), {}, 5, "u,m", "4 columns"),
    ("rated twice", HEADER + numbered("u,m,3,1\nv,m,3,1\nu,m,4,2\n"), {}, 7, "u,m,4,2", "one rating of an item by a user"),
    ("after a text of two lines", HEADER + numbered('"x\ny",m,3,1\nu,m,,2\n'), {}, 7, "u,m,,2", "a number"),
    ("nothing but a header", HEADER, {}, None, None, "ratings"),
    ("empty", "", {}, None, None, "rows"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "options", "line", "offending", "expected"), REFUSED, ids=[case[0] for case in REFUSED]
)
def test_a_bad_row_is_refused_by_file_line_and_text(tmp_path, name, text, options, line, offending, expected):
    with pytest.raises(InputError) as caught:
        imported(tmp_path, text, **options)
    error = caught.value
    assert (error.path.name, error.line, error.text) == ("ratings.csv", line, offending)
    assert expected in error.expected
    assert "\n" not in str(error).replace("x\\ny", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ratings.csv"]


def parquet(
    folder: Path, query: str = "select 'u' || range as \"user\", range % 7 as item from range(5000)"
) -> bytes:
    path = folder / "made"
    duckdb.sql(f"copy ({query}) to '{path}' (format parquet)")
    content = path.read_bytes()
    path.unlink()
    return content


def spoilt(content: bytes, place: int, length: int = 40) -> bytes:
    return content[:place] + b"\xff" * length + content[place + length :]


PACKED = gzip.compress(RATINGS.encode() * 50)
UNREADABLE = [
    ("parquet that is text", "r.parquet", lambda folder: RATINGS.encode(), "No magic bytes"),
    ("parquet of three bytes", "r.parquet", lambda folder: parquet(folder)[:3], "too small to be a Parquet file"),
    ("parquet that is cut", "r.parquet", lambda folder: parquet(folder)[:900], "No magic bytes"),
    ("parquet with a bad page", "r.parquet", lambda folder: spoilt(parquet(folder), 200, 900), "a file that can be read"),
    ("parquet with a bad footer", "r.parquet", lambda folder: spoilt(parquet(folder), -100), "a file that can be read"),
    ("gzip that is text", "r.csv.gz", lambda folder: RATINGS.encode(), "a complete gzip file"),
    ("gzip that is cut", "r.csv.gz", lambda folder: PACKED[:-20], "a complete gzip file"),
    ("gzip with a wrong checksum", "r.csv.gz", lambda folder: spoilt(PACKED, len(PACKED) - 8, 4), "a complete gzip file"),
    ("zstd that is text", "r.csv.zst", lambda folder: RATINGS.encode(), "a complete zstd file"),
    ("UTF-16", "r.csv", lambda folder: RATINGS.encode("utf-16"), "text in UTF-8, found UTF-16; an import with --encoding utf-16 reads it"),
    ("no text", "r.csv", lambda folder: bytes(range(256)) * 9, "text in UTF-8"),
    ("json that is cut", "r.json", lambda folder: b'[{"user": 1, "item": 2}, {"use', "a file that can be read: Malformed JSON"),
    ("json that is text", "r.json", lambda folder: RATINGS.encode(), "a file that can be read: Malformed JSON"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "file", "content", "expected"), UNREADABLE, ids=[case[0] for case in UNREADABLE]
)
@pytest.mark.parametrize("role", ["ratings", "items"])
def test_an_unreadable_file_is_refused_by_name(tmp_path, role, name, file, content, expected):
    bad = tmp_path / file
    bad.write_bytes(content(tmp_path))
    with pytest.raises(InputError) as caught:
        if role == "items":
            imported(tmp_path, items=str(bad))
        else:
            run(Options(files=[str(bad)], out=tmp_path / "data"))
    assert (caught.value.path, caught.value.line) == (bad, None)
    assert expected in caught.value.expected
    assert "\n" not in str(caught.value)
    assert {path.name for path in tmp_path.iterdir()} <= {file, "ratings.csv"}


@pytest.mark.parametrize("rows", [3, 30000])
def test_the_first_line_of_another_encoding_is_named(tmp_path, rows):
    text = HEADER + "".join(f"u{number},m,3,1\n" for number in range(rows)) + "Zoë,m,3,1\nv,m,3,1\n"
    with pytest.raises(InputError) as caught:
        imported(tmp_path, text.encode("latin-1"))
    assert (caught.value.line, caught.value.text) == (rows + 2, r"Zo\xeb,m,3,1")
    assert caught.value.expected == "text in UTF-8; an import with --encoding latin-1 (or another) reads it"


def test_rows_are_found_in_compressed_text(tmp_path):
    duckdb.sql(f"copy (select 'u' || range as \"user\", 'm' as item, if(range = 2, 'x', '1') as rating from range(4)) to '{tmp_path / 'a.csv.zst'}'")  # fmt: skip
    with pytest.raises(InputError, match=r"a\.csv\.zst:4: 'u2,m,x': expected a number in the column rating"):
        run(Options(files=[str(tmp_path / "a.csv.zst")], out=tmp_path / "data"))


@pytest.mark.parametrize(
    ("movies", "line", "offending", "expected"),
    [
        ("movieId,title\nm1,A\nm2,B\nm1,C\n", 4, "m1,C", "each item once"),
        ("movieId,title\nm1,A\n,B\n", 3, ",B", "an item in the column movieId"),
        (
            "movieId,kind\nm1,track\nm2,film\n",
            3,
            "m2,film",
            "track, album, artist or genre in the column kind",
        ),
    ],
)
def test_a_bad_item_is_refused_by_file_line_and_text(tmp_path, movies, line, offending, expected):
    with pytest.raises(InputError) as caught:
        with_movies(tmp_path, movies)
    assert (caught.value.path.name, caught.value.line, caught.value.text) == ("movies.csv", line, offending)
    assert expected in caught.value.expected
    assert not (tmp_path / "data").exists()


def test_rows_are_found_in_the_second_file_and_in_parquet(tmp_path):
    for name, rating in (("a.csv", 3), ("b.csv", "")):
        (tmp_path / name).write_text(f"user,item,rating\nu{name},m,3\nv{name},m,{rating}\n")
    with pytest.raises(InputError, match=r"b\.csv:3: 'vb\.csv,m,': expected a number"):
        run(Options(files=[str(tmp_path / "[ab].csv")], out=tmp_path / "data"))
    duckdb.sql(
        f"copy (select 'u' as \"user\", range as item, if(range = 2, 'x', '1') as rating from range(4)) to '{tmp_path / 'a.parquet'}'"
    )
    with pytest.raises(
        InputError, match=r"a\.parquet:3: 'user = u, item = 2, rating = x': expected a number"
    ):
        run(Options(files=[str(tmp_path / "a.parquet")], out=tmp_path / "data"))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"columns": {"user": "usr"}}, "no column 'usr'; columns: userId, movieId, rating, timestamp"),
        ({"columns": {"rating": "stars"}}, "no column 'stars'; columns: rating, timestamp"),
        ({"scale": (5.0, 1.0)}, "--scale 5 1: expected the lowest rating first"),
        ({"liked": 6.0}, "--liked 6: expected a rating 1..5"),
        ({"item_columns": {"name": "title"}}, "--name: names a column of the items file; use --items FILE"),
        ({"items": "nowhere.csv"}, "nowhere.csv: no such file"),
        ({"files": ["nowhere*.csv"]}, "nowhere*.csv: no such file"),
        ({"files": ["."]}, ".: expected a file, found a folder; './*' means the files in it"),
        ({"files": [os.devnull]}, "expected a file, found a device or a pipe"),
        ({"files": [""]}, "'': no such file"),
        ({"memory": "much"}, "DuckDB refuses these settings"),
    ],
    ids=str,
)  # fmt: skip
def test_wrong_arguments_are_refused_and_nothing_is_written(tmp_path, options, sentence):
    with pytest.raises(UsageError) as caught:
        imported(tmp_path, **options)
    assert sentence in str(caught.value)
    assert not (tmp_path / "data").exists()


def test_columns_that_cannot_be_guessed_are_listed(tmp_path):
    with pytest.raises(
        UsageError, match=r"cannot find the user column; use --user COLUMN.* \(columns: a, b\)"
    ):
        imported(tmp_path, "a,b\n1,2\n")


@pytest.mark.parametrize(("item", "kind"), [("[1, 2]", r"INTEGER\[\]"), ("{'a': 1}", r"STRUCT\(a INTEGER\)")])
def test_what_is_no_id_is_refused(tmp_path, item, kind):
    made = parquet(tmp_path, f"select 'u' as \"user\", {item} as item")
    with pytest.raises(UsageError, match=f"expected ids in the column item, found {kind}"):
        imported(tmp_path, made, "ratings.parquet")


def test_files_of_other_columns_are_not_one_table(tmp_path):
    (tmp_path / "a.csv").write_text("user,item,rating\nu,m,1\n")
    (tmp_path / "b.csv").write_text("item,user,rating\nu,m,1\n")
    with pytest.raises(
        UsageError, match=r"b\.csv: expected the columns and the layout of .*a\.csv: user, item, rating"
    ):
        run(Options(files=[str(tmp_path / "*.csv")], out=tmp_path / "data"))


def test_a_folder_that_is_there_is_replaced_by_force_alone_and_only_if_it_was_imported(tmp_path):
    data = imported(tmp_path)
    before = (data / "ratings.parquet").read_bytes()
    with pytest.raises(UsageError, match="already exists; replace it with --force"):
        imported(tmp_path, many())
    with pytest.raises(Error):
        imported(tmp_path, HEADER + numbered("u,m,good,1\n"), force=True)
    assert (data / "ratings.parquet").read_bytes() == before
    imported(tmp_path, many(), force=True)
    assert (data / "ratings.parquet").read_bytes() != before
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(
        UsageError, match="has no imported data, so --force does not replace it; choose another --out"
    ):
        imported(tmp_path, out=other, force=True)


def test_memory_is_bounded_by_spilling(tmp_path):
    """The least that DuckDB can work with; the scratch folder is gone afterwards."""
    data = imported(tmp_path, many(2000, 500), memory="80MB", holdout=2)
    assert rows(data, "ratings", "select count(*) from it") == [(2000 * 20 - 2 * 2000,)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "ratings.csv"]
