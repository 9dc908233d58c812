"""Taste is real: the history has neighbours, communities and sessions, found without the generator's help."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recsys.synthetic import taxonomy
from recsys.synthetic.acceptance import accuracy
from recsys.synthetic.features import compute
from recsys.synthetic.reading import DataSet
from recsys.synthetic.scales import SCALES, Scale
from tests.bench.item_knn import scores


@pytest.fixture(scope="module")
def communities() -> dict[int, int]:
    """The community of each artist id of the small data set of seed 1: drawn again, as the files keep it secret."""
    scale: Scale = SCALES["small"]
    catalogue = taxonomy.build(scale, np.random.default_rng(np.random.SeedSequence(1).spawn(4)[0]))
    return dict(zip(catalogue.ids.artists.tolist(), catalogue.artist_community.tolist(), strict=True))


def test_nearest_artist_by_cosine_shares_the_community(
    small_set: DataSet, communities: dict[int, int]
) -> None:
    column = np.full(small_set.item_span, -1)
    column[list(communities)] = np.arange(len(communities))
    rows = np.flatnonzero(column[small_set.item] >= 0)
    matrix = csr_matrix((np.ones(len(rows)), (column[small_set.item[rows]], small_set.user[rows])))
    known = np.flatnonzero(matrix.getnnz(axis=1) >= 50)
    unit = matrix[known].multiply(1.0 / np.sqrt(matrix[known].sum(axis=1))).tocsr()
    similarity = (unit @ unit.T).toarray()
    np.fill_diagonal(similarity, 0.0)
    community = np.array(list(communities.values()))[known]
    chance = np.mean((np.bincount(community) / len(community)) @ np.bincount(community)) / len(community)
    assert np.mean(community[similarity.argmax(axis=1)] == community) > 5 * chance


def test_item_knn_finds_what_popularity_does_not(small_set: DataSet) -> None:
    features = compute(small_set)
    popularity = accuracy(small_set, features, features.track_count)
    neighbours = accuracy(small_set, features, scores(small_set, neighbours=20))
    assert 0.72 < neighbours < 0.85
    assert neighbours > popularity + 0.1


def test_sessions_share_an_artist_and_run_in_ascending_ids(small_set: DataSet) -> None:
    """Neighbouring ratings of a user share an artist far more often than two of the same user at random."""
    artist = np.full(small_set.item_span, -1)
    artist[small_set.taxonomy.artists] = small_set.taxonomy.artists
    artist[small_set.taxonomy.albums] = small_set.taxonomy.album_artist
    artist[small_set.taxonomy.track[:-1]] = small_set.taxonomy.artist[:-1]
    of_rating = artist[small_set.item]
    next_to = (
        (of_rating[1:] == of_rating[:-1]) & (of_rating[1:] >= 0) & (small_set.user[1:] == small_set.user[:-1])
    )
    assert next_to.mean() > 0.3
    assert np.mean(np.diff(small_set.item)[next_to] > 0) > 0.95


def test_heavy_users_rate_lower_and_go_deeper(small: Path, small_set: DataSet) -> None:
    counts = np.bincount(small_set.user)[small_set.user]
    is_track = np.isin(small_set.item, small_set.taxonomy.track[:-1])
    light, heavy = counts < 60, counts > 600
    assert small_set.rating[light].mean() > small_set.rating[heavy].mean() + 20
    assert is_track[heavy].mean() > is_track[light].mean() + 0.1
