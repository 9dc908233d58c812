"""The test protocol, seen from the files: positives held out, negatives never rated, order without meaning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from recsys.synthetic import protocol, taste, taxonomy
from recsys.synthetic.history import Ratings, blocks, simulate
from recsys.synthetic.ragged import concatenate
from recsys.synthetic.reading import DataSet
from recsys.synthetic.scales import SCALES


@pytest.fixture(scope="module")
def ratings() -> Ratings:
    scale, rng = SCALES["tiny"], np.random.default_rng(5)
    catalogue = taxonomy.build(scale, rng)
    people = taste.draw(scale, catalogue, rng)
    return concatenate([simulate(catalogue, people, users, rng) for users in blocks(people.activity)])


@pytest.fixture(scope="module")
def tested(ratings: Ratings) -> protocol.TestSet:
    return protocol.draw(SCALES["tiny"], ratings, np.random.default_rng(6))


def histories(
    ratings: Ratings, tested: protocol.TestSet
) -> Iterator[tuple[dict[int, int], set[int], set[int]]]:
    """The complete track ratings of each test user, and the positive and the negative tracks."""
    for user, tracks, labels in zip(tested.users, tested.tracks, tested.labels, strict=True):
        own = (ratings.user == user) & (ratings.track >= 0)
        history = dict(zip(ratings.track[own].tolist(), ratings.value[own].tolist(), strict=True))
        yield history, set(tracks[labels].tolist()), set(tracks[~labels].tolist())


def test_positives_are_liked_and_negatives_never_rated(ratings: Ratings, tested: protocol.TestSet) -> None:
    liked_by_anybody = set(ratings.track[(ratings.value >= 80) & (ratings.track >= 0)].tolist())
    for history, positives, negatives in histories(ratings, tested):
        assert len(positives) == len(negatives) == 3
        assert all(history[track] >= 80 for track in positives)
        assert not negatives & history.keys()
        assert negatives <= liked_by_anybody


def test_exactly_the_positives_are_held_out(ratings: Ratings, tested: protocol.TestSet) -> None:
    held_out = tested.is_held_out
    pairs = set(zip(ratings.user[held_out].tolist(), ratings.track[held_out].tolist(), strict=True))
    expected = {
        (int(user), int(track))
        for user, tracks, labels in zip(tested.users, tested.tracks, tested.labels, strict=True)
        for track in tracks[labels]
    }
    assert pairs == expected


def test_the_training_file_knows_no_candidate(small_set: DataSet) -> None:
    rated = set(zip(small_set.user.tolist(), small_set.item.tolist(), strict=True))
    candidates = zip(small_set.candidate_user.tolist(), small_set.candidate_track.tolist(), strict=True)
    assert not rated & set(candidates)


def test_the_order_of_candidates_carries_no_label(small_set: DataSet) -> None:
    labels = small_set.label.reshape(-1, 6)
    assert np.all(labels.sum(axis=1) == 3)
    standard_error = 0.5 / np.sqrt(len(labels))
    assert np.abs(labels.mean(axis=0) - 0.5).max() < 4 * standard_error


def test_labels_are_published_for_whole_users_at_random(tested: protocol.TestSet) -> None:
    assert tested.is_labelled.sum() == SCALES["tiny"].labelled_users
    assert not np.all(tested.is_labelled[: SCALES["tiny"].labelled_users])


def test_candidate_file_and_truth_agree(tiny: Path) -> None:
    candidates, user = [], ""
    for line in (tiny / "testItem2.txt").read_text().splitlines():
        if "|" in line:
            user, _ = line.split("|")
        else:
            candidates.append(f"{user}|{line}")
    truth = [line.rpartition("|")[0] for line in (tiny / "truth2.txt").read_text().splitlines()]
    assert candidates == truth
