"""Given/expect rows of the hierarchy."""

from tests.given import expect, result


def test_items_carry_their_type(schemas):
    rows = result(
        schemas,
        "hierarchy.items",
        {
            "staging.tracks": "track_id\n1",
            "staging.albums": "album_id\n10",
            "staging.artists": "artist_id\n20",
            "staging.genres": "genre_id\n30",
        },
    )
    expect(rows, "item_id item_type\n1 track\n10 album\n20 artist\n30 genre")


def test_a_track_without_artist_takes_its_albums(schemas):
    rows = result(
        schemas,
        "hierarchy.track_lineage",
        {
            "staging.tracks": """
                track_id album_id artist_id
                1        10       20
                2        10       -
                3        -        -
                4        11       -
                5        99       -
            """,
            "staging.albums": "album_id artist_id\n10 21\n11 -",
        },
    )
    expect(
        rows,
        """
        track_id album_id artist_id
        1        10       20
        2        10       21
        3        -        -
        4        11       -
        5        99       -
        """,
    )


def test_a_track_that_lists_no_genre_takes_its_albums(schemas):
    rows = result(
        schemas,
        "hierarchy.track_genres",
        {
            "staging.tracks": "track_id album_id\n1 10\n2 10\n3 -\n4 11",
            "staging.track_genres": "track_id genre_id\n1 30",
            "staging.album_genres": "album_id genre_id\n10 31\n10 32",
        },
    )
    expect(rows, "track_id genre_id\n1 30\n2 31\n2 32")
