"""The validation split: how many likes, whose, which, and that nothing of them is left."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.split import split
from tests.learners.lists.worlds import random_interactions, random_table


def held(found: Interactions, seed: int = 2019, **how: object) -> set[tuple[int, int]]:
    made = split(found, seed=seed, **how)  # type: ignore[arg-type]
    owners = np.repeat(made.rows, made.held_out.counts)
    return set(
        zip(found.user_ids[owners].tolist(), found.item_ids[made.held_out.items].tolist(), strict=True)
    )


@pytest.fixture
def interactions() -> Interactions:
    return random_interactions(60, 90)


def test_a_fifth_of_the_likes_at_least_one(interactions: Interactions) -> None:
    found = split(interactions)
    likes = np.bincount(interactions.rows[interactions.is_like], minlength=60)
    assert found.rows.tolist() == np.flatnonzero(likes >= 2).tolist()
    expected = np.maximum(1, np.floor(0.2 * likes[found.rows] + 0.5))
    assert found.held_out.counts.tolist() == expected.tolist()


def test_held_out_likes_are_likes_and_no_longer_in_the_training_part(interactions: Interactions) -> None:
    found = split(interactions)
    before = interactions.matrix(interactions.is_like.astype(float)).toarray()
    after = found.training.matrix(np.ones(found.training.entry_count)).toarray()
    owners = np.repeat(found.rows, found.held_out.counts)
    assert (before[owners, found.held_out.items] == 1).all()
    assert not after[owners, found.held_out.items].any()
    assert found.training.entry_count + len(owners) == interactions.entry_count


def test_the_split_depends_on_ids_and_seed_alone(interactions: Interactions) -> None:
    rows = random_table(60, 90)
    shuffled = Interactions.from_table(rows.take(np.random.default_rng(1).permutation(rows.num_rows)))
    assert held(shuffled) == held(interactions)
    assert held(interactions, seed=1) != held(interactions)
    assert held(interactions, users=7) < held(interactions)
    assert len(split(interactions, users=7).rows) == 7


def test_every_like_is_held_out_by_some_seed(interactions: Interactions) -> None:
    likes = interactions.is_like
    owners = interactions.rows[likes]
    able = np.bincount(owners, minlength=60)[owners] >= 2
    expected = set(
        zip(
            interactions.user_ids[owners[able]].tolist(),
            interactions.item_ids[interactions.items[likes][able]].tolist(),
            strict=True,
        )
    )
    assert set.union(*(held(interactions, seed=seed) for seed in range(120))) == expected
