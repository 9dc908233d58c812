"""Given/expect rows of the priors."""

from tests.given import expect, result


def test_overall_counts_every_rating(schemas):
    rows = result(
        schemas, "priors.overall", {"staging.ratings": "user_id item_id rating\n1 5 0\n2 5 90\n2 6 30"}
    )
    expect(rows, "rating_count rating_mean\n3 40")


def test_overall_of_nothing_is_the_middle_of_the_scale(schemas):
    rows = result(schemas, "priors.overall", {"staging.ratings": "user_id item_id rating"})
    expect(rows, "rating_count rating_mean\n0 50")


def test_items_are_shrunk_by_ten_average_ratings(schemas):
    given = {
        "staging.ratings": "user_id item_id rating\n1 5 100\n2 5 50\n1 6 0",
        "priors.overall": "rating_count rating_mean\n3 50",
    }
    rows = result(schemas, "priors.items", given)
    # (150 + 10 * 50) / 12 and (0 + 10 * 50) / 11
    expect(
        rows,
        """
        item_id rating_count rating_mean bayes_mean
        5       2            75          54.166666666666664
        6       1            0           45.45454545454545
        """,
    )


def test_the_confidence_is_a_parameter(schemas):
    given = {
        "staging.ratings": "user_id item_id rating\n1 5 100",
        "priors.overall": "rating_count rating_mean\n3 50",
    }
    rows = result(schemas, "priors.items", given, overrides=("bayes.confidence=4",))
    expect(rows, "item_id bayes_mean\n5 60")
