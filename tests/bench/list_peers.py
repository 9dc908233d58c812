"""Other packages' recommenders, each tuned on a validation split and fitted again to all rows.

    python -m tests.bench.list_peers NAME KNOWN.csv OUT.csv [--seconds 30] [--seed 1]

Hides a fifth of the likes of KNOWN.csv once more and searches NAME's parameters by NDCG@10 on them, in the same way
as `recsys build` searches its own (`recsys.learners.lists.search`), within a budget of processor time. Writes the
best twenty unseen items of every user as rows of user, item and rank. The last line that it prints says how many
trials it made and what it chose.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from recsys.evaluation.ranking import by_user, judged
from recsys.learners.lists.search import Axis, climb
from tests.bench.list_data import Table, held_out, read

K, LENGTH, THREADS, BLOCK = 10, 20, 2, 512
JUDGES = 2000  # users that judge a trial, at most
Parameters = dict[str, Any]
Scores = Callable[[slice], np.ndarray]  # of a block of users: (users, items)


@dataclass(frozen=True)
class Data:
    """Interactions as matrices (users, items): what was ``seen``, and ``inputs`` of several kinds."""

    users: np.ndarray
    items: np.ndarray
    seen: csr_matrix
    inputs: Mapping[str, csr_matrix]

    @classmethod
    def of(cls, table: Table) -> Data:
        """Return the matrices: all interactions as 1, likes alone as 1, and graded ones."""
        users, rows = np.unique(table.users, return_inverse=True)
        items, columns = np.unique(table.items, return_inverse=True)
        grades = np.log1p(table.values) if table.is_counts else table.values / table.values.max()

        def matrix(values: np.ndarray) -> csr_matrix:
            found = csr_matrix((values.astype(np.float32), (rows, columns)), shape=(len(users), len(items)))
            found.eliminate_zeros()
            return found

        ones = matrix(np.ones(len(rows)))
        inputs = {"ones": ones, "grades": matrix(grades)}
        if not table.is_like.all():
            inputs["likes"] = matrix(table.is_like)
        return cls(users, items, ones, inputs)

    def best(self, scores: Scores, rows: np.ndarray, k: int) -> np.ndarray:
        """Return the positions (users, k) of the best unseen items of some users."""
        found = np.full((len(rows), k), -1)
        for begin in range(0, len(self.users), BLOCK):
            block = slice(begin, min(begin + BLOCK, len(self.users)))
            wanted = np.flatnonzero((rows >= block.start) & (rows < block.stop))
            if not len(wanted):
                continue
            values = np.array(scores(block)[rows[wanted] - begin], dtype=np.float64)
            values[self.seen[rows[wanted]].toarray() > 0] = -np.inf
            order = np.argsort(-values, axis=1, kind="stable")[:, :k]
            found[wanted, : order.shape[1]] = order
        return found


@dataclass(frozen=True)
class Peer:
    """A recommender of another package: where its search starts, its grids, and how it is fitted."""

    start: Parameters
    axes: tuple[Axis, ...]
    fit: Callable[[Data, Parameters], Scores]


def _product(left: Any, right: Any) -> Scores:
    def scores(block: slice) -> np.ndarray:
        found = left[block] @ right
        return np.asarray(found.todense() if hasattr(found, "todense") else found)

    return scores


def _implicit_als(data: Data, chosen: Parameters) -> Scores:
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(
        factors=chosen["factors"],
        regularization=chosen["regularization"],
        alpha=chosen["alpha"],
        iterations=15,
        num_threads=THREADS,
        random_state=1,
    )
    model.fit(data.inputs[chosen["input"]], show_progress=False)
    return _product(model.user_factors, model.item_factors.T)


def _implicit_bm25(data: Data, chosen: Parameters) -> Scores:
    from implicit.nearest_neighbours import BM25Recommender

    given = data.inputs[chosen["input"]]
    model = BM25Recommender(K=chosen["neighbours"], K1=chosen["k1"], B=chosen["b"], num_threads=THREADS)
    model.fit(given, show_progress=False)
    return _product(given, model.similarity)


def _irspack(name: str) -> Callable[[Data, Parameters], Scores]:
    def fit(data: Data, chosen: Parameters) -> Scores:
        import irspack

        kind = getattr(irspack, f"{name}Recommender")
        threads = {} if name == "EDLAE" else {"n_threads": THREADS}
        own = {key: value for key, value in chosen.items() if key != "input"}
        model = kind(data.inputs[chosen["input"]].astype(np.float64), **own, **threads).learn()
        return lambda block: np.asarray(model.get_score_block(block.start, block.stop))

    return fit


def _lenskit(fit: Callable[[Parameters], Any]) -> Callable[[Data, Parameters], Scores]:
    def fitted(data: Data, chosen: Parameters) -> Scores:
        import pandas as pd
        from lenskit.data import RecQuery, from_interactions_df
        from lenskit.training import TrainingOptions

        given = data.inputs[chosen["input"]].tocoo()
        columns = {"user_id": given.row, "item_id": given.col, "rating": given.data}
        dataset = from_interactions_df(pd.DataFrame(columns))
        model = fit(chosen)
        model.train(dataset, TrainingOptions(rng=1))
        everything = dataset.items.ids()
        from lenskit.data import ItemList

        wanted = ItemList(everything, vocabulary=dataset.items)

        def scores(block: slice) -> np.ndarray:
            found = np.full((block.stop - block.start, len(data.items)), -np.inf)
            for user in range(block.start, block.stop):
                history = dataset.user_row(user)
                if history is not None:
                    query = RecQuery(user_id=user, user_items=history)
                    values = model(query, wanted).scores()
                    found[user - block.start, everything] = np.nan_to_num(values, nan=-np.inf)
            return found

        return scores

    return fitted


def _lenskit_als(chosen: Parameters) -> Any:
    from lenskit.als import ImplicitMFScorer

    return ImplicitMFScorer(
        embedding_size=chosen["factors"],
        regularization=chosen["regularization"],
        weight=chosen["weight"],
        use_ratings=chosen["input"] == "grades",
        epochs=15,
    )


def _lenskit_knn(chosen: Parameters) -> Any:
    from lenskit.knn import ItemKNNScorer

    return ItemKNNScorer(max_nbrs=chosen["neighbours"], feedback="implicit")


INPUT = Axis("input", ("ones", "grades", "likes"), ordered=False)
FACTORS = Axis("factors", (32, 64, 128))
NEIGHBOURS = Axis("neighbours", (10, 20, 50, 100, 200, 500))
PEERS = {
    "implicit ALS": Peer(
        {"input": "ones", "factors": 64, "regularization": 0.1, "alpha": 10.0},
        (
            Axis("alpha", (1.0, 3.0, 10.0, 30.0)),
            Axis("regularization", (0.01, 0.1, 1.0, 10.0, 30.0)),
            INPUT,
            FACTORS,
        ),
        _implicit_als,
    ),
    "implicit BM25": Peer(
        {"input": "ones", "neighbours": 100, "k1": 100.0, "b": 0.8},
        (NEIGHBOURS, INPUT, Axis("k1", (1.2, 10.0, 100.0)), Axis("b", (0.2, 0.5, 0.8))),
        _implicit_bm25,
    ),
    "LensKit ImplicitMF": Peer(
        {"input": "ones", "factors": 64, "regularization": 0.1, "weight": 10.0},
        (
            Axis("weight", (1.0, 3.0, 10.0, 40.0)),
            Axis("regularization", (0.01, 0.1, 1.0, 10.0, 30.0)),
            INPUT,
            FACTORS,
        ),
        _lenskit(_lenskit_als),
    ),
    "LensKit ItemKNN": Peer(
        {"input": "ones", "neighbours": 50},
        (NEIGHBOURS, Axis("input", ("ones", "likes"), ordered=False)),
        _lenskit(_lenskit_knn),
    ),
    "irspack IALS": Peer(
        {"input": "ones", "n_components": 64, "alpha0": 0.1, "reg": 0.003},
        (
            Axis("reg", (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)),
            Axis("alpha0", (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)),
            INPUT,
            Axis("n_components", (32, 64, 128, 256)),
        ),
        _irspack("IALS"),
    ),
    "irspack EDLAE": Peer(
        {"input": "ones", "reg": 100.0, "dropout_p": 0.2},
        (
            Axis("reg", (1.0, 10.0, 30.0, 100.0, 300.0, 1000.0)),
            INPUT,
            Axis("dropout_p", (0.0, 0.2, 0.4, 0.6)),
        ),
        _irspack("EDLAE"),
    ),
    "irspack SLIM": Peer(
        {"input": "ones", "alpha": 0.05, "l1_ratio": 0.01},
        (
            Axis("alpha", (0.003, 0.01, 0.02, 0.05, 0.1, 0.3)),
            INPUT,
            Axis("l1_ratio", (0.003, 0.01, 0.03, 0.1)),
        ),
        _irspack("SLIM"),
    ),
    "irspack RP3beta": Peer(
        {"input": "ones", "alpha": 1.0, "beta": 0.6, "top_k": 200},
        (
            Axis("beta", (0.0, 0.2, 0.4, 0.6, 0.8)),
            Axis("top_k", (50, 100, 200, 500, 1000)),
            INPUT,
            Axis("alpha", (0.6, 0.8, 1.0, 1.2, 1.5)),
        ),
        _irspack("RP3beta"),
    ),
}


def tuned(peer: Peer, table: Table, seconds: float, seed: int) -> tuple[Parameters, int]:
    """Return the best parameters on likes of the table that are hidden for it, and the number of trials."""
    hidden = table.hidden(seed)
    known, (_, _, likes) = Data.of(table.rows(~hidden)), held_out(table, hidden)
    rows = np.flatnonzero(likes.counts > 0)[:JUDGES]
    axes = tuple(
        Axis(
            axis.name,
            tuple(value for value in axis.values if axis.name != "input" or value in known.inputs),
            axis.ordered,
        )
        for axis in peer.axes
    )
    search, best, trials = climb(peer.start, axes), (-1.0, peer.start), 0
    point = next(search)
    with contextlib.suppress(StopIteration):
        while trials == 0 or time.process_time() < seconds:
            items = np.full((len(known.users), K), -1)
            items[rows] = known.best(peer.fit(known, point), rows, K)
            quality = float(judged(by_user(items, likes, K)["ndcg"][rows]).mean())
            best, trials = max(best, (quality, point), key=lambda one: one[0]), trials + 1
            point = search.send(quality)
    return best[1], trials


def main() -> None:
    """Tune, fit and write the lists."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=PEERS)
    parser.add_argument("known", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    os.environ["LK_NUM_THREADS"] = os.environ["LK_NUM_PROCS"] = str(THREADS)
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    table, peer = read(given.known), PEERS[given.name]
    chosen, trials = tuned(peer, table, given.seconds, given.seed)
    data = Data.of(table)
    items = data.best(peer.fit(data, chosen), np.arange(len(data.users)), LENGTH)
    row, place = np.nonzero(items >= 0)
    lists = np.column_stack([data.users[row], data.items[items[row, place]], place + 1])
    np.savetxt(given.out, lists, fmt="%d", delimiter=",", header="user,item,rank", comments="")
    print(f"\n{trials} trials: {chosen}")  # after the progress bars of some packages


if __name__ == "__main__":
    main()
