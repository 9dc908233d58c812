"""Item-item cosine kNN on the rating history, scored by the Cup's protocol: is there structure to be found?

Neighbours are items of every kind; the score of a candidate is the sum of similarity times rating over its k most
similar items among those that the user rated (Sarwar et al., "Item-based collaborative filtering recommendation
algorithms", WWW 2001, without its denominator, which top-N recommenders leave out). Usage:

    python tests/bench/item_knn.py DIRECTORY [K]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from scipy.sparse import csc_matrix, diags

from recsys.synthetic.acceptance import accuracy
from recsys.synthetic.features import Features, compute
from recsys.synthetic.ragged import FloatArray
from recsys.synthetic.reading import DataSet, read

CANDIDATES_AT_ONCE = 500  # a dense row of similarities each


def scores(data: DataSet, neighbours: int) -> FloatArray:
    """The kNN score of each labelled candidate."""
    users = int(max(data.user.max(), data.candidate_user.max())) + 1
    # A rating of 0 is still an item that the user met: one point more keeps it in the vector.
    ratings = csc_matrix((data.rating + 1.0, (data.user, data.item)), shape=(users, data.item_span))
    norms = np.sqrt(np.asarray(ratings.multiply(ratings).sum(axis=0)).ravel())
    unit = (ratings @ diags(1.0 / np.maximum(norms, 1.0))).tocsc()
    by_user = ratings.tocsr()
    order = np.argsort(data.candidate_track, kind="stable")
    result = np.zeros(len(data.label))
    for block in np.array_split(order, max(1, len(order) // CANDIDATES_AT_ONCE)):
        tracks, row = np.unique(data.candidate_track[block], return_inverse=True)
        similar = (unit[:, tracks].T @ unit).toarray()
        similar[np.arange(len(tracks)), tracks] = 0.0
        for candidate, place in zip(block, row, strict=True):
            history = by_user[data.candidate_user[candidate]]
            similarity = similar[place, history.indices]
            nearest = np.argsort(-similarity, kind="stable")[:neighbours]
            result[candidate] = similarity[nearest] @ history.data[nearest]
    return result


def main(directory: Path, neighbours: int) -> None:
    """Print the accuracy of kNN and of popularity."""
    data = read(directory)
    evidence: Features = compute(data)
    print(f"track popularity     {accuracy(data, evidence, evidence.track_count):.3f}")
    print(f"item kNN, {neighbours:3d} nearest {accuracy(data, evidence, scores(data, neighbours)):.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20)
