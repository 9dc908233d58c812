"""Files of every usual layout are read without a flag, or refused with the flag that helps."""

from __future__ import annotations

import gzip

import duckdb
import pytest

from recsys.errors import InputError, UsageError
from recsys.sources.importing.attributes import TAKEN
from tests.sources.importing.reading import imported, recipe, table, values, with_items

PLAIN = [("1", "10", 4.0), ("1", "11", 5.0), ("2", "10", 3.5)]
LAYOUTS = {
    "MovieLens 100K": "1\t10\t4\t881250949\n1\t11\t5\t881250950\n2\t10\t3.5\t881250951\n",
    "MovieLens 1M": "1::10::4::978300760\n1::11::5::978302109\n2::10::3.5::978301968\n",
    "MovieLens latest": "userId,movieId,rating,timestamp\n1,10,4.0,964982703\n1,11,5.0,964982704\n2,10,3.5,964982931\n",
    "MovieLens 25M": "userId,movieId,rating,timestamp\r\n1,10,4.0,1147880044\r\n1,11,5.0,1147880045\r\n2,10,3.5,1147868817\r\n",
    "RecBole": "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t10\t4\t881.0\n1\t11\t5\t882\n2\t10\t3.5\t883\n",
    "decimal comma": "user;item;rating;time\n1;10;4,0;01.05.2020\n1;11;5,0;02.05.2020\n2;10;3,5;03.05.2020\n",
    "decimal comma, no header": "1;10;4,0\n1;11;5,0\n2;10;3,5\n",
    "bars": "user|item|stars\n1|10|4\n1|11|5\n2|10|3.5\n",
    "quoted tabs": '"user"\t"item"\t"rating"\n"1"\t"10"\t"4"\n"1"\t"11"\t"5"\n"2"\t"10"\t"3.5"\n',
    "count lines": "3\n2\nuserID\tmovieID\trating\n1\t10\t4\n1\t11\t5\n2\t10\t3.5\n",
    "comments": "# made by hand\n\n% of three rows\nuser,item,rating\n1,10,4\n1,11,5\n2,10,3.5\n",
    "byte order mark": "\ufeffuser,item,rating\n1,10,4\n1,11,5\n2,10,3.5\n",
    "blanks around ids": "user,item,rating\n 1,10 ,4\n1 , 11,5\n2,\u00a010,3.5\n",
    "whole numbers as reals": "user,item,rating\n1.0,10.0,4\n1,11.,5\n2.00,10,3.5\n",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_usual_layout_needs_no_flag(tmp_path, layout):
    result = imported(tmp_path, LAYOUTS[layout], "ratings.dat")
    assert values(tmp_path / "data") == PLAIN
    assert (result.feedback, result.counts["ratings"]) == ("ratings", 3)


def test_the_play_counts_of_last_fm_need_no_flag(tmp_path):
    plays = "".join(
        f"{user}\t{artist}\t{1 + 13883 * (artist == user)}\n" for user in range(2, 6) for artist in range(8)
    )
    for header in ("userID\tartistID\tweight\n", "100\n32\nuserID\tartistID\tweight\n", "100\n32\n"):
        result = imported(tmp_path, header + plays, "user_artists.dat", force=True)
        assert (result.feedback, result.counts["ratings"], result.counts["users"]) == ("counts", 32, 4)
        assert ("2", "2", 13884.0) in values(tmp_path / "data")


def test_an_event_log_needs_no_flag(tmp_path):
    log = (
        "visitorid,event_time,productid\nann,2020-01-05T10:00:00Z,x\nann,2020-01-01T10:00:00Z,y\n"
        "ann,2020-01-02T11:00:00+02:00,x\nbob,2020-01-03,x\n"
    )
    result = imported(tmp_path, log, "log.csv")
    assert result.feedback == "events"
    assert values(tmp_path / "data") == [("ann", "y", 1), ("ann", "x", 2), ("bob", "x", 1)]
    times = [str(time) for (time,) in table(tmp_path / "data", "ratings", "select time from it order by seq")]
    assert times == ["2020-01-01 10:00:00", "2020-01-05 10:00:00", "2020-01-03 00:00:00"]


def test_items_of_movielens_100k_have_names_and_genres(tmp_path):
    flags = ["|".join(str(int(place in on)) for place in range(19)) for on in ({1, 16}, {0})]
    items = f"10|Amélie (2001)|01-Jan-2001||http://x|{flags[0]}\n11|unknown|||http://y|{flags[1]}\n"
    result = with_items(tmp_path, items.encode("latin-1"), "u.item", LAYOUTS["MovieLens 100K"])
    named = table(tmp_path / "data", "items", "select original_id, name from it order by item_id")
    assert named[:2] == [("10", "Amélie (2001)"), ("11", "unknown")]
    assert sorted(name for _, name in named[2:]) == ["Action", "Thriller"]
    assert any("latin-1" in note for note in result.notes)


def test_items_of_movielens_1m_have_names_and_genres(tmp_path):
    items = "10::Sept Péchés, Les (1962)::Comedy|Children's\n11::Toy Story (1995)::Animation\n"
    with_items(tmp_path, items.encode("latin-1"), "movies.dat", LAYOUTS["MovieLens 1M"])
    named = table(tmp_path / "data", "items", "select name from it order by item_id")
    assert named[0] == ("Sept Péchés, Les (1962)",)
    assert sorted(named[2:]) == [("Animation",), ("Children's",), ("Comedy",)]


def test_the_flags_of_layouts(tmp_path):
    text = "a<>b<>4\na<>c<>5\n"
    options = {"delimiter": "<>", "header": False, "names": ["who", "what", "stars"]}
    columns = {"user": "who", "item": "what"}
    imported(tmp_path, text, columns=columns, **options)
    assert values(tmp_path / "data") == [("a", "b", 4), ("a", "c", 5)]
    long = text.replace("<>", " <---> ")
    imported(tmp_path, long, columns=columns, force=True, **{**options, "delimiter": " <---> "})
    assert values(tmp_path / "data") == [("a", "b", 4), ("a", "c", 5)]
    with pytest.raises(UsageError, match="--columns who,what: names 2 columns, and .* has 3"):
        imported(tmp_path, text, force=True, **{**options, "names": ["who", "what"]})


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "cp1252"])
def test_other_encodings_are_read_where_they_are_named(tmp_path, encoding):
    text = "user,item,rating\nZoë,m,4\nZoë,n,5\n".encode(encoding)
    with pytest.raises(InputError, match="--encoding"):
        imported(tmp_path, text)
    imported(tmp_path, text, encoding=encoding)
    assert values(tmp_path / "data") == [("Zoë", "m", 4), ("Zoë", "n", 5)]
    with pytest.raises(UsageError, match="--encoding nothing: no such encoding"):
        imported(tmp_path, text, encoding="nothing", force=True)


def test_a_bad_row_of_a_rewritten_file_is_named_as_it_is(tmp_path):
    rows = "".join(f"u{number} <---> Zoë <---> 3\n" for number in range(4))
    text = "user <---> item <---> rating\n" + rows + "u <---> m <---> good\n"
    with pytest.raises(InputError) as caught:
        imported(tmp_path, text.encode("latin-1"), encoding="latin-1", delimiter=" <---> ")
    assert (caught.value.line, caught.value.text) == (6, "u <---> m <---> good")


def test_a_row_below_count_lines_is_refused_by_its_line(tmp_path):
    text = "7\n4\nuser,item,rating\na,m,3\nb,m,4\nc,m,5\nd,m,good\n"
    with pytest.raises(
        InputError, match=r"ratings\.csv:7: 'd,m,good': expected a number .*--no-rating ignores"
    ):
        imported(tmp_path, text)


TIMES = {
    "seconds": ["1577836800", "1577923200", "1578009600"],
    "milliseconds": ["1577836800000", "1577923200000", "1578009600000"],
    "seconds with a fraction": ["1577836800.0", "1577923200.0", "1578009600.0"],
    "dates": ["2020-01-01", "2020-01-02", "2020-01-03"],
    "ISO 8601": ["2020-01-01T00:00:00", "2020-01-02T00:00:00", "2020-01-03T00:00:00"],
    "ISO 8601 with Z": ["2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z", "2020-01-03T00:00:00Z"],
    "ISO 8601 with an offset": [
        "2020-01-01T02:00:00+02:00",
        "2020-01-02T00:00:00+00:00",
        "2020-01-02T19:00:00-05:00",
    ],
    "days first": ["01.01.2020", "02.01.2020", "03.01.2020"],
    "months first": ["1/1/2020", "1/2/2020", "1/3/2020"],
    "months in letters": ["Jan 1, 2020", "Jan 2, 2020", "Jan 3, 2020"],
}


@pytest.mark.parametrize("form", ["csv", "parquet", "json", "jsonl.gz"])
@pytest.mark.parametrize("style", TIMES)
def test_a_time_is_the_same_in_every_format_and_type(tmp_path, style, form):
    """The rows are written last to first: a text that is sorted as text would not come out in order."""
    rows = [("u", f"m{place}", text) for place, text in reversed([*enumerate(TIMES[style])])]
    path = tmp_path / f"ratings.{form}"
    if form == "csv":
        path.write_text(
            "user,item,time\n" + "".join(f'{user},{item},"{time}"\n' for user, item, time in rows)
        )
    elif form == "parquet":
        duckdb.connect().execute(
            f"copy (select unnest($1) as \"user\", unnest($2) as item, unnest($3) as time) to '{path}'",
            [[*column] for column in zip(*rows, strict=True)],
        )
    else:
        lines = "".join(
            f'{{"user": "{user}", "item": "{item}", "time": "{time}"}}\n' for user, item, time in rows
        )
        path.write_bytes(gzip.compress(lines.encode()) if form.endswith("gz") else lines.encode())
    imported(tmp_path, path.read_bytes(), path.name)
    assert [item for _, item, _ in values(tmp_path / "data")] == ["m0", "m1", "m2"]
    times = [str(time) for (time,) in table(tmp_path / "data", "ratings", "select time from it order by seq")]
    assert times == ["2020-01-01 00:00:00", "2020-01-02 00:00:00", "2020-01-03 00:00:00"]


def test_the_later_of_two_text_times_is_kept_in_json(tmp_path):
    lines = [
        '{"user": "u", "item": "m", "rating": 1, "time": "9/30/2019"}',
        '{"user": "u", "item": "m", "rating": 5, "time": "10/1/2019"}',
        '{"user": "u", "item": "n", "rating": 3, "time": "1/2/2019"}',
    ]
    imported(tmp_path, "\n".join(lines), "ratings.jsonl", duplicates="last")
    assert values(tmp_path / "data") == [("u", "n", 3), ("u", "m", 5)]


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_value_that_is_no_time_is_refused_with_its_row(tmp_path, form):
    times = ["2020-01-01", "2020-01-02", "2020-01-03", "yesterday"]
    if form == "csv":
        text = "user,item,time\n" + "".join(f"u{time},m,{time}\n" for time in times)
    else:
        text = "".join(f'{{"user": "u{time}", "item": "m", "time": "{time}"}}\n' for time in times)
    expected = rf"ratings\.{form}:{5 if form == 'csv' else 4}: .*yesterday.*a time in the column time"
    with pytest.raises(InputError, match=expected):
        imported(tmp_path, text, f"ratings.{form}")
    with pytest.raises(InputError, match="a time in the column time$"):
        imported(tmp_path, text, f"ratings.{form}", columns={"time": "time"})
    imported(tmp_path, text, f"ratings.{form}", refused=frozenset({"time"}))


def test_a_guess_whose_values_do_not_fit_is_dropped_with_one_line(tmp_path):
    text = "user,item,rating,date\na,1,4,Summer 2020\nb,1,5,Winter 2020\nb,2,3,Summer 2021\n"
    result = with_items(tmp_path, "item,title,type\n1,A,Hardcover\n2,B,Paperback\n", "books.csv", text)
    assert result.columns["time"] is None
    assert result.item_columns["kind"] is None
    assert [note.partition(": ")[2] for note in result.notes[:2]] == [
        "column date ignored: most values are no time",
        "column type is an attribute: most values are not track, album, artist or genre",
    ]
    assert table(tmp_path / "data", "item_attributes") == [(1, "Hardcover"), (2, "Paperback")]


@pytest.mark.parametrize(
    "column",
    ["ordered_at", "created_at", "purchased_at", "PlayedAt", "watched_at", "listened_at", "order_date"],
)
def test_the_time_of_an_act_is_the_time_of_its_row(tmp_path, column):
    text = f"user,item,{column}\na,1,2024-03-02\na,2,2024-03-01\nb,1,2024-03-03\n"
    result = imported(tmp_path, text)
    assert result.columns["time"] == column
    assert [item for user, item, _ in values(tmp_path / "data") if user == "a"] == ["2", "1"]


@pytest.mark.parametrize("column", ["play_time", "watch_time"])
def test_a_duration_is_no_time(tmp_path, column):
    assert imported(tmp_path, f"user,item,{column}\na,1,120\nb,1,40\n").columns["time"] is None


def test_a_column_that_is_named_must_fit(tmp_path):
    text = "user,item,date\na,1,Summer 2020\n"
    with pytest.raises(
        InputError, match=r"ratings\.csv:2: 'a,1,Summer 2020': expected a time in the column date"
    ):
        imported(tmp_path, text, columns={"time": "date"})
    items = "item,title,type\n1,A,Hardcover\n"
    with pytest.raises(
        InputError, match=r"books\.csv:2: .*expected track, album, artist or genre in the column type"
    ):
        with_items(tmp_path, items, "books.csv", text, item_columns={"kind": "type"})


def test_a_guess_can_be_refused(tmp_path):
    text = "user,item,rating,time\na,1,4,1\na,2,5,0\n"
    result = imported(tmp_path, text, refused=frozenset({"rating", "time"}))
    assert (result.columns["rating"], result.columns["time"], result.feedback) == (None, None, "likes")
    assert values(tmp_path / "data") == [("a", "1", 1), ("a", "2", 1)]
    with pytest.raises(UsageError, match="--rating and --no-rating: give one of the two"):
        imported(tmp_path, text, force=True, columns={"rating": "rating"}, refused=frozenset({"rating"}))


def test_ids_of_both_files_are_the_same_ids(tmp_path):
    result = with_items(
        tmp_path, "item,title\n1,One\n 2,Two\n3,Three\n", "i.csv", "user,item\na,1.0\na,2.0\nb,3.0\n"
    )
    assert table(tmp_path / "data", "items", "select original_id, name from it order by 1") == [
        ("1", "One"),
        ("2", "Two"),
        ("3", "Three"),
    ]
    assert any(note.startswith("all 3 items are in") for note in result.notes)


def test_ids_that_are_not_all_whole_numbers_stay_as_they_are(tmp_path):
    imported(tmp_path, "user,item\na,1.0\na,1\na,x\n")
    assert [item for _, item, _ in values(tmp_path / "data")] == ["1.0", "1", "x"]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ("item,title\n1,One\n7,Seven\n", "only 1 of 3 rated items are in"),
        ("item,title\nm1,One\n", r"none of the 3 rated items is in .*ratings have '1', items have 'm1'"),
    ],
)
def test_joins_that_match_little_are_warned_of(tmp_path, items, expected):
    result = with_items(tmp_path, items, "i.csv", "user,item\na,1\na,2\nb,3\n")
    import re

    assert any(re.search(expected, warning) for warning in result.warnings)


def test_an_attribute_has_no_name_of_a_column_that_filters_have(tmp_path):
    items = "id,title,item,Interactions,price\n1,One,x,9.5,y\n2,Two,x,2,y\n"
    with_items(tmp_path, items, "i.csv", "user,item\na,1\na,2\n", item_columns={"item": "id"})
    assert [*recipe(tmp_path / "data")["attributes"]] == ["item_", "Interactions_", "price"]


def test_the_names_that_filters_have_are_those_of_their_relation(small_warehouse):
    with duckdb.connect(str(small_warehouse), read_only=True) as connection:
        assert tuple(connection.sql("from marts.filter_items limit 0").columns) == TAKEN


def test_further_columns_of_items_are_attributes_with_types(tmp_path):
    items = (
        "item,title,price,year,in_stock,released,code,language,item_id\n"
        "1,One,9.5,1999,true,1999-03-31,007,en,5\n2,Two,,2001,False,2001-01-01,010,,6\n"
    )
    with_items(tmp_path, items, "i.csv", "user,item\na,1\na,2\n", item_columns={"item": "item"})
    with duckdb.connect() as connection:
        found = connection.sql(f"describe from '{tmp_path / 'data' / 'item_attributes.parquet'}'").fetchall()
    assert [(name, kind) for name, kind, *_ in found] == [
        ("item_id", "INTEGER"),
        *(("price", "DOUBLE"), ("year", "BIGINT"), ("in_stock", "BOOLEAN"), ("released", "DATE")),
        *(("code", "VARCHAR"), ("language", "VARCHAR"), ("item_id_", "BIGINT")),
    ]
    assert recipe(tmp_path / "data")["attributes"]["price"] == "DOUBLE"
    assert table(
        tmp_path / "data", "item_attributes", "select price, in_stock, code from it order by item_id"
    ) == [
        (9.5, True, "007"),
        (None, False, "010"),
    ]
