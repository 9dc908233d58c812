"""Given/expect rows of what is known of users and items, and of an item's family."""

from tests.given import expect, result


def test_an_item_is_known_by_whatever_mentions_it(schemas):
    rows = result(
        schemas,
        "marts.item_facts",
        {
            "hierarchy.items": "item_id item_type\n1 track\n10 album",
            "hierarchy.track_lineage": "track_id album_id artist_id\n1 10 20",
            "hierarchy.memberships": "group_id\n1\n10\n20",
            "priors.items": "item_id rating_count rating_mean\n1 30 80\n5 10 20",
            "priors.overall": "rating_mean\n50",
            "staging.albums": "album_id artist_id\n10 20",
            "staging.candidates": "track_id\n1\n7",
            "staging.items": "item_id original_id name\n1 one First",
        },
    )
    expect(
        rows,
        """
        item_id item_type name  rating_count rating_mean bayes_mean shrinkage album_id artist_id
        1       track     First 30           80          72.5        0.25      10       20
        5       -         -     10           20          35         0.5       -        -
        7       -         -     -            -           50         1         -        -
        10      album     -     -            -           50         1         -        20
        20      -         -     -            -           50         1         -        -
        """,
    )
    assert {row["item_id"]: row["original_id"] for row in rows} == {
        1: "one",
        5: "5",
        7: "7",
        10: "10",
        20: "20",
    }


def test_a_user_rated_something_or_has_candidates(schemas):
    rows = result(
        schemas,
        "marts.user_facts",
        {
            "marts.user_activity": "user_id rating_count\n1 4\n2 1",
            "staging.candidates": "user_id\n2\n3\n3",
            "staging.users": "user_id original_id name\n2 two Second",
        },
    )
    expect(rows, "user_id name rating_count\n1 - 4\n2 Second 1\n3 - -")
    assert {row["user_id"]: row["original_id"] for row in rows} == {1: "1", 2: "two", 3: "3"}


def test_members_count_from_the_most_rated_of_a_type_and_all_are_counted(schemas):
    tracks = range(1, 15)
    rows = result(
        schemas,
        "marts.members",
        {
            "hierarchy.memberships": "item_id level group_id\n20 itself 20\n30 artist 20\n"
            + "".join(f"{track} artist 20\n" for track in tracks),
            "marts.item_facts": "item_id item_type rating_count\n20 artist 5\n30 album 1\n"
            + "".join(f"{track} track {'-' if track == 1 else track // 2}\n" for track in tracks),
        },
    )
    order = [14, 12, 13, 10, 11, 8, 9, 6, 7, 4, 5, 2]
    found = {(row["group_id"], row["item_id"], row["ordinal"], row["member_count"]) for row in rows}
    assert found == {(20, 30, 1, 1), *((20, track, place, 14) for place, track in enumerate(order, 1))}
