"""The macros that pages are made from, against the same in plain Python."""

from __future__ import annotations

import duckdb
import pytest

from tests.main.conftest import ALBUMS, ARTISTS, GENRES, UNLISTED, USERS


def rows(warehouse, sql, *parameters):
    return warehouse.sql(sql, params=list(parameters)).to_arrow_table().to_pylist()


def groups(dataset):
    """The artists and genres that each item counts for, itself among them."""
    found = {item: {item} for item in (*ARTISTS, *GENRES)}
    for album, of in dataset.albums.items():
        found[album] = {of.artist, *of.genres} - {None}
    for track, of in dataset.tracks.items():
        album = dataset.albums.get(of.album)
        artist = of.artist if of.artist is not None or album is None else album.artist
        genres = of.genres or (album.genres if album else ())
        found[track] = {artist, *genres} - {None}
    return found


@pytest.mark.parametrize("user", USERS[:3])
def test_taste_counts_what_the_user_rated_of_each_artist_and_genre(warehouse, dataset, user):
    of, expected = groups(dataset), {}
    for (rater, item), rating in dataset.ratings.items():
        if rater == user:
            for group in of[item]:
                expected.setdefault(group, []).append((item, rating))
    found = {row["item_id"]: row for row in rows(warehouse, "from taste($1)", user)}
    assert found.keys() == expected.keys()
    for group, rated in expected.items():
        ratings = [rating for _, rating in rated]
        assert found[group]["level"] == ("artist" if group in ARTISTS else "genre")
        assert found[group]["rated_count"] == len(ratings)
        assert found[group]["rating_mean"] == pytest.approx(sum(ratings) / len(ratings))
        assert found[group]["own_rating"] == dict(rated).get(group)


def test_family_has_what_is_above_and_below_with_priors(warehouse, dataset):
    album = ALBUMS[0]
    found = {(row["place"], row["item_id"]): row for row in rows(warehouse, "from family($1)", album)}
    above = {("above", group) for group in groups(dataset)[album]}
    below = {("below", track) for track, of in dataset.tracks.items() if of.album == album}
    assert found.keys() == {("itself", album)} | above | below
    ratings = [rating for (_, item), rating in dataset.ratings.items() if item == album]
    itself = found["itself", album]
    assert itself["rating_count"] == (len(ratings) or None)
    assert itself["shrinkage"] == pytest.approx(10 / (len(ratings) + 10))
    assert all(row["member_count"] == len(below) for (place, _), row in found.items() if place == "below")


def test_raters_are_counted_by_tens(warehouse, dataset):
    item = max(
        {item for _, item in dataset.ratings}, key=lambda one: sum(i == one for _, i in dataset.ratings)
    )
    found = rows(warehouse, "from raters($1)", item)
    expected = {}
    for (user, rated), rating in dataset.ratings.items():
        if rated == item:
            expected.setdefault(min(rating, 99) // 10 * 10, set()).add((user, rating))
    assert {row["rating_from"]: row["rating_count"] for row in found} == {
        start: len(users) for start, users in expected.items()
    }
    for row in found:
        values = [value for _, value in expected[row["rating_from"]]]
        assert (row["value_from"], row["value_to"]) == (min(values), max(values))
        assert {(user["user_id"], user["value"]) for user in row["users"]} <= expected[row["rating_from"]]


def test_what_no_file_knows_has_no_family(warehouse):
    with pytest.raises(duckdb.Error, match="no item 999999"):
        rows(warehouse, "from family($1)", 999999)


def test_search_finds_ids_and_their_beginnings(warehouse):
    found = rows(warehouse, "from search($1)", " 10 ")
    assert [row["fit"] for row in found] == sorted(row["fit"] for row in found)
    assert all(row["original_id"].startswith("10") for row in found)
    assert {row["kind"] for row in rows(warehouse, "from search($1)", str(USERS[3]))} >= {"user"}
    assert rows(warehouse, "from search($1)", "nobody") == rows(warehouse, "from search($1)", "") == []


def test_search_counts_the_matches_that_it_does_not_show(warehouse):
    users, items = (rows(warehouse, f"from marts.{kind}_facts") for kind in ("user", "item"))
    listed = [*users, *(row for row in items if row["item_type"])]
    texts = [text for text in "0123456789" if sum(row["original_id"].startswith(text) for row in listed) > 12]
    assert texts
    for text in texts:
        found = rows(warehouse, "from search($1)", text)
        matches = sum(row["original_id"].startswith(text) for row in listed)
        assert (len(found), {row["match_count"] for row in found}) == (12, {matches})


def test_things_have_ids_where_there_are_no_names(warehouse):
    album = {"item_id": ALBUMS[0], "item_type": "album", "original_id": str(ALBUMS[0]), "name": None}
    unlisted = {"item_id": UNLISTED, "item_type": None, "original_id": str(UNLISTED), "name": None}
    assert rows(warehouse, "from internal.item_names($1)", [ALBUMS[0], UNLISTED]) == [unlisted, album]
    user = {"user_id": 3, "original_id": "3", "name": None}
    assert rows(warehouse, "from internal.user_names($1)", [3]) == [user]
    call = "from internal.item_by_original_id($1, $2)"
    assert rows(warehouse, call, "album", str(ALBUMS[0])) == [album]
    assert rows(warehouse, call, "artist", str(ALBUMS[0])) == []
