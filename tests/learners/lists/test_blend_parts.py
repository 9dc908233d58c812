"""The parts of a blend's score: a start, what each interaction adds, and parts that are the same for everybody."""

from __future__ import annotations

import pytest

from recsys.learners.lists import counts, ease, ials, item_knn
from recsys.learners.lists.blend import Blend
from recsys.learners.lists.pruning import Budget
from tests.learners.lists.worlds import random_interactions

INTERACTIONS = random_interactions(60, 40)
PARTS = {
    "ease": ease.fit(INTERACTIONS, ease.EaseParameters("likes", 5.0), Budget()),
    "ials": ials.fit(INTERACTIONS, ials.IalsParameters(factors=4, epochs=2)),
    "item_knn": item_knn.fit(INTERACTIONS, item_knn.ItemKnnParameters()),
    "popularity": counts.popularity(INTERACTIONS),
}
WEIGHTS = {"ease": 1.0, "ials": 0.5, "item_knn": 0.2, "popularity": 0.1}


@pytest.mark.parametrize("user", [0, 17, 59])
def test_parts_add_up_to_the_score(user: int) -> None:
    blend = Blend(PARTS, WEIGHTS)
    history = INTERACTIONS.users(slice(user, user + 1))
    scores = blend.scores(history)[0]
    for item in range(0, 40, 7):
        parts = blend.contributions(history, item)
        total = blend.start(history) + parts.sum() + sum(blend.unexplained(history, item).values())
        assert total == pytest.approx(scores[item], abs=1e-7)


def test_an_interaction_without_a_part_changes_nothing_and_one_with_a_part_does() -> None:
    linear = Blend({"ease": PARTS["ease"]}, {"ease": 1.0})
    history = INTERACTIONS.users(slice(3, 4))
    for item in range(0, 40, 11):
        raw = PARTS["ease"].scores(history)[0, item]
        for entry, part in enumerate(PARTS["ease"].contributions(history, item)):
            kept = history.items != history.items[entry]
            without = PARTS["ease"].scores(history.entries(kept))[0, item]
            assert raw - without == pytest.approx(part, abs=1e-7)
    assert linear.contributions(history, 0).shape == (history.entry_count,)
