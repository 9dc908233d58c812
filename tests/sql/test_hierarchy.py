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


def test_an_item_belongs_to_its_groups_and_to_itself(schemas):
    rows = result(
        schemas,
        "hierarchy.memberships",
        {
            "hierarchy.track_lineage": "track_id album_id artist_id\n1 10 20\n2 99 -\n3 - -",
            "hierarchy.track_genres": "track_id genre_id\n1 30",
            "hierarchy.items": "item_id item_type\n1 track\n10 album\n20 artist\n30 genre",
            "staging.albums": "album_id artist_id\n10 20\n11 -",
            "staging.album_genres": "album_id genre_id\n10 30",
        },
    )
    expect(
        rows,
        """
        item_id level  group_id group_type
        1       album  10       album
        1       artist 20       artist
        1       genre  30       genre
        1       itself 1        track
        2       album  99       -
        10      artist 20       artist
        10      genre  30       genre
        10      itself 10       album
        20      itself 20       artist
        30      itself 30       genre
        """,
    )
