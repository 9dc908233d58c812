"""What competes for lists in a large catalogue is what rows of all scores say."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from recsys.learners.lists import competition, counts, ials, item_knn, leaders, neighbours, ranker
from recsys.learners.lists.blend import Blend, Composite
from recsys.learners.lists.competition import Competitors
from recsys.learners.lists.counts import ItemScores
from recsys.learners.lists.ials import IalsParameters
from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.item_knn import ItemKnnParameters
from recsys.learners.lists.linear import LinearModel
from recsys.learners.lists.model import ListModel
from recsys.learners.lists.neighbours import NeighbourParameters
from recsys.learners.lists.split import split
from recsys.learners.lists.top import top
from tests.learners.lists.worlds import random_interactions, table

K = 40


@pytest.fixture(scope="module")
def interactions() -> Interactions:
    """Many items, some of them not to be recommended, and users with few or many interactions."""
    made = random_interactions(120, 900, share=0.06)
    may = np.random.default_rng(8).random(900) < 0.9
    return Interactions(**{**vars(made), "is_candidate": may})


@pytest.fixture(scope="module")
def parts(interactions: Interactions) -> dict[str, ListModel]:
    return {
        "popularity": counts.popularity(interactions),
        "item_knn": item_knn.fit(interactions, ItemKnnParameters("likes", "bm25", 20)),
        "neighbours": neighbours.fit(interactions, NeighbourParameters("likes", 5, 1.1)),
        "ials": ials.fit(interactions, IalsParameters(factors=8, epochs=3)),
    }


@pytest.fixture(params=["blend", "ranker"])
def model(
    request: pytest.FixtureRequest, parts: dict[str, ListModel], interactions: Interactions
) -> Iterator[Composite]:
    if request.param == "blend":
        yield Blend(parts, {"popularity": 0.1, "item_knn": 0.3, "neighbours": 0.2, "ials": 0.4})
        return
    made = split(interactions)
    found = ranker.fit(parts, made, 50, rounds=5)
    yield ranker.Ranker(parts, found.trees, ranker.ItemFacts.of(interactions))


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a catalogue of this size count as large."""
    for module in (leaders, competition):
        monkeypatch.setattr(module, "LARGE", 1)


def test_competitors_are_those_of_rows_of_all_scores(
    parts: dict[str, ListModel], interactions: Interactions, large: None
) -> None:
    blend = Blend(parts, dict.fromkeys(parts, 1.0))
    found, expected = (Competitors.of(blend, interactions, has_rows) for has_rows in (False, True))
    assert found.unscaled is None and expected.unscaled is not None
    np.testing.assert_array_equal(found.items, expected.items)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-6)
    for one, other in zip(found.scales, expected.scales, strict=True):
        np.testing.assert_allclose(one.means, other.means, atol=1e-8)
        np.testing.assert_allclose(one.divisors, other.divisors, atol=1e-8)


def test_ties_at_the_end_of_what_competes_are_left_out(interactions: Interactions, large: None) -> None:
    values = np.zeros(900)
    values[300:305] = 1.0
    scores = ItemScores(interactions.item_ids, values)
    found, expected = (
        Competitors.of(Blend({"flat": scores}, {"flat": 1.0}), interactions, x) for x in (False, True)
    )
    assert found.unscaled is None
    np.testing.assert_array_equal(found.items, expected.items)
    assert np.isin(found.items[found.items >= 0], np.arange(300, 305)).all()


def test_lists_and_reasons_of_a_large_catalogue_are_those_of_rows_of_all_scores(
    model: Composite, interactions: Interactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = model, interactions, interactions.like_counts, K
    expected = list(top(*given, has_reasons=True))
    made = []
    monkeypatch.setattr(leaders, "LARGE", 1)
    monkeypatch.setattr(competition, "LARGE", 1)
    real = Competitors.of_leaders.__func__  # type: ignore[attr-defined]
    monkeypatch.setattr(Competitors, "of_leaders", classmethod(lambda *a: made.append(real(*a)) or made[-1]))
    found = list(top(*given, has_reasons=True))
    assert made and None not in made
    for name in ("items", "reasons"):
        np.testing.assert_array_equal(
            *(np.concatenate([getattr(b, name) for b in bs]) for bs in (found, expected))
        )
    np.testing.assert_allclose(
        np.concatenate([block.scores for block in found]),
        np.concatenate([block.scores for block in expected]),
        atol=1e-6,
    )


def test_a_user_who_has_rated_nearly_everything_gets_rows_of_all_scores(
    parts: dict[str, ListModel], large: None
) -> None:
    rows, columns = np.nonzero(np.random.default_rng(3).random((6, 900)) < 0.97)
    everything = Interactions.from_table(table(rows, 2 * columns + 11, 0 * rows + 90, rows >= 0, 0 * rows))
    blend = Blend(parts, dict.fromkeys(parts, 1.0))
    assert Competitors.of(blend, everything).unscaled is not None


def test_scores_of_pairs_are_those_of_rows_of_all_scores(
    parts: dict[str, ListModel], interactions: Interactions
) -> None:
    """Of a few listed items the sums take their weights, of many those of the history's items."""
    share = np.repeat([0.005, 0.9], interactions.user_count // 2)[:, None]
    rows, items = np.nonzero(np.random.default_rng(5).random((interactions.user_count, 900)) < share)
    for name in ("item_knn", "neighbours"):
        model = parts[name]
        assert isinstance(model, LinearModel)
        sizes = (
            np.diff(model.weights.indptr)[interactions.items],
            np.diff(model.weights.tocsc().indptr)[items],
        )
        costs = [np.bincount(who, size) for who, size in zip((interactions.rows, rows), sizes, strict=True)]
        assert 0 < (2 * costs[0] < costs[1]).sum() < interactions.user_count, "both ways are taken"
        expected = model.scores(interactions)[rows, items]
        np.testing.assert_allclose(model.scores_of(interactions, rows, items), expected, atol=1e-8)
