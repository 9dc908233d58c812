"""Lists from the whole catalogue beside those of implicit and LensKit, on the same split of real ratings.

Of each user with at least twice as many likes (four stars and more) three are held out, and everything that the
user has not rated competes. Each library gets the likes and other ratings as its documentation suggests, in its
default or published settings, and one thread. Usage, with RecBole's copy of MovieLens 100k or any file in its form:

    python -m tests.bench.ranking FOLDER_OR_FILE

Prints one table in Markdown: recall, NDCG and MRR at 10 with 95 % intervals (users resampled), the share of
popular films in the lists (the most rated tenth), and how much of the catalogue they cover. Needs `pip install
'recsys[bench]'`.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow as pa
from recsys.evaluation.ranking_quality import Catalogue, quality
from recsys.serving.lists import Recommender, RecommendRequest
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from recsys.backends.duckdb.connection import query, reading
from recsys.engine.build import Options, build
from tests.given import Silent

SEED = 2019
HELD_OUT = 3
LIKED_STARS = 4
POINTS_PER_STAR = 20
OTHER_WEIGHT = 0.3  # ease.other_weight
K = 10
LISTS = ("affinity", "catalogue_ranker")
NEEDED = ("+learned.*", "+features.retrieval_weights", "+features.level_tracks", "+features.popular_tracks")
NEEDED += ("+hierarchy.*", "+staging.*", "+priors.*")


@dataclass(frozen=True)
class Split:
    """Ratings by the positions of users and items: stars (users, items) to learn from, likes to be found."""

    stars: csr_matrix
    likes: pa.Table
    catalogue: Catalogue

    @property
    def liked(self) -> csr_matrix:
        """1 for four stars and more, 0 stored nowhere."""
        kept = self.stars.copy()
        kept.data = (kept.data >= LIKED_STARS).astype(np.float32)
        kept.eliminate_zeros()
        return kept

    @property
    def weighted(self) -> csr_matrix:
        kept = self.stars.copy()
        kept.data = np.where(kept.data >= LIKED_STARS, 1.0, OTHER_WEIGHT).astype(np.float32)
        return kept


def read(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Users, items and stars in the order of the time column, where there is one."""
    file = next(path.glob("*.inter")) if path.is_dir() else path
    with file.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream, delimiter="\t")
        names = [name.split(":")[0] for name in next(rows)]
        columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    order = np.argsort(np.array(columns["timestamp"], dtype=float), kind="stable")
    users, items = (np.array(columns[name])[order] for name in ("user_id", "item_id"))
    return users, items, np.array(columns["rating"], dtype=np.float32)[order]


def split(users: np.ndarray, items: np.ndarray, stars: np.ndarray) -> tuple[Split, np.ndarray]:
    """The split, and the ratings that are left (ratings, 3: user, item, stars) in the order of time."""
    user_ids, owner = np.unique(users, return_inverse=True)
    item_ids, item = np.unique(items, return_inverse=True)
    rng, held = np.random.default_rng(SEED), np.zeros(len(owner), dtype=bool)
    for user in range(len(user_ids)):
        rows = np.flatnonzero((owner == user) & (stars >= LIKED_STARS))
        if len(rows) >= 2 * HELD_OUT:
            held[rng.choice(rows, HELD_OUT, replace=False)] = True
    shape = len(user_ids), len(item_ids)
    kept = csr_matrix((stars[~held], (owner[~held], item[~held])), shape)
    counts = np.bincount(item[~held], minlength=len(item_ids))
    likes = {"user_id": pa.array(owner[held], pa.int32()), "track_id": pa.array(item[held], pa.int32())}
    return Split(kept, pa.table(likes), Catalogue(np.arange(len(item_ids)), counts)), np.column_stack(
        [owner, item, stars]
    )[~held]


def best(scores: np.ndarray, data: Split) -> pa.Table:
    """The ten best unrated items of each user by scores (users, items), ties by position."""
    scores = np.array(scores, dtype=np.float64)
    scores[data.stars.nonzero()] = -np.inf
    top = np.argsort(-scores, axis=1, kind="stable")[:, :K]
    return listed(top)


def listed(top: np.ndarray) -> pa.Table:
    users, k = top.shape
    return pa.table(
        {
            "user_id": pa.array(np.repeat(np.arange(users), k), pa.int32()),
            "rank": pa.array(np.tile(np.arange(1, k + 1), users), pa.int32()),
            "track_id": pa.array(top.ravel(), pa.int32()),
        }
    )


def popularity(data: Split) -> pa.Table:
    return best(np.tile(data.retrieval.rating_counts, (data.stars.shape[0], 1)), data)


def of_implicit(
    make: Callable[[], object], weigh: Callable[[Split], csr_matrix]
) -> Callable[[Split], pa.Table]:
    """A model of implicit, which leaves out what the user rated by itself."""

    def lists(data: Split) -> pa.Table:
        model, matrix = make(), weigh(data)
        model.fit(matrix, show_progress=False)  # type: ignore[attr-defined]
        users = np.arange(matrix.shape[0])
        top, _ = model.recommend(users, data.stars, N=K, filter_already_liked_items=True)  # type: ignore[attr-defined]
        return listed(np.asarray(top))

    return lists


def implicit_models() -> dict[str, Callable[[Split], pa.Table]]:
    from implicit.als import AlternatingLeastSquares
    from implicit.bpr import BayesianPersonalizedRanking
    from implicit.nearest_neighbours import BM25Recommender, CosineRecommender

    def ratings(data: Split) -> csr_matrix:
        return data.stars

    def liked(data: Split) -> csr_matrix:
        return data.liked

    name = f"implicit {version('implicit')}"
    seeded = {"random_state": SEED, "num_threads": 1}
    return {
        f"{name}, cosine neighbours": of_implicit(lambda: CosineRecommender(K=100, num_threads=1), ratings),
        f"{name}, BM25 neighbours": of_implicit(lambda: BM25Recommender(K=100, num_threads=1), ratings),
        f"{name}, ALS": of_implicit(lambda: AlternatingLeastSquares(factors=64, **seeded), ratings),
        f"{name}, BPR": of_implicit(lambda: BayesianPersonalizedRanking(factors=64, **seeded), liked),
    }


def of_lenskit(
    make: Callable[[], object], matrix: Callable[[Split], csr_matrix]
) -> Callable[[Split], pa.Table]:
    def lists(data: Split) -> pa.Table:
        import pandas as pd
        from lenskit.data import ItemList, RecQuery, from_interactions_df

        entries = matrix(data).tocoo()
        columns = {"user_id": entries.row, "item_id": entries.col, "rating": entries.data}
        dataset = from_interactions_df(pd.DataFrame(columns))
        scorer, every = make(), ItemList(item_ids=data.retrieval.track_ids)
        scorer.train(dataset)  # type: ignore[attr-defined]
        scores = np.full(data.stars.shape, -1e9)
        for user in range(len(scores)):
            history = dataset.user_row(user)
            if history is not None:
                asked = RecQuery(user_id=user, history_items=history)
                found = scorer(asked, every).scores()  # type: ignore[operator]
                scores[user] = np.nan_to_num(found, nan=-1e9)
        return best(scores, data)

    return lists


def lenskit_models() -> dict[str, Callable[[Split], pa.Table]]:
    from lenskit.knn import EASEScorer, ItemKNNScorer

    def ratings(data: Split) -> csr_matrix:
        return data.stars

    name = f"LensKit {version('lenskit')}"
    return {
        f"{name}, item kNN": of_lenskit(lambda: ItemKNNScorer(max_nbrs=100, feedback="implicit"), ratings),
        f"{name}, EASE": of_lenskit(lambda: EASEScorer(regularization=200), ratings),
    }


def write(data: Split, order: np.ndarray, folder: Path) -> Path:
    """A data directory of ``order`` (ratings, 3: user, item, stars), in the order of time, without a hierarchy.

    Ids count from 1. Its one pair of candidates is there since a build wants some; nothing here looks at it.
    """
    folder.mkdir()
    lines = []
    for user in range(data.stars.shape[0]):
        rows = order[order[:, 0] == user]
        lines.append(f"{user + 1}|{len(rows)}\n")
        lines += [f"{int(item) + 1}\t{round(stars * POINTS_PER_STAR)}\n" for _, item, stars in rows]
    files = dict.fromkeys(("albumData2.txt", "artistData2.txt", "genreData2.txt"), "") | {
        "trackData2.txt": "".join(f"{item + 1}|None|None\n" for item in data.retrieval.track_ids),
        "trainItem2.txt": "".join(lines),
        "testItem2.txt": "1|2\n1\n2\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def ours(data: Split, order: np.ndarray, folder: Path) -> dict[str, pa.Table]:
    """Neighbours without a penalty, EASE by learned.item_weights, and what `recsys recommend` ranks by."""
    warehouse = folder / "warehouse.duckdb"
    options = Options(write(data, order, folder / "data"), warehouse, selected=NEEDED)
    build(options, Silent())
    heard = data.stars.copy()
    heard.data = np.where(heard.data * POINTS_PER_STAR >= 50, (1 + heard.data * POINTS_PER_STAR) ** 0.65, 0.0)
    with reading(warehouse) as connection:
        ease, neighbours = (
            query(connection, f"select item_i, item_j, weight from {name}")
            for name in ("learned.item_weights", "features.retrieval_neighbours")
        )
        recommender = Recommender(connection)
        ranked = {
            f"recsys, {model}{', the default' * (model == recommender.default)}": recommended(
                recommender, model, data
            )
            for model in LISTS
            if model in recommender.models
        }
    return {
        "recsys, neighbours": best(by_weights(neighbours, heard), data),
        "recsys, EASE": best(by_weights(ease, data.weighted), data),
        **ranked,
    }


def recommended(recommender: Recommender, model: str, data: Split) -> pa.Table:
    """Everybody's lists by a model; places that a list does not fill hold -1."""
    found = pa.concat_tables(recommender.blocks(RecommendRequest(K, model)))
    lists = np.full((data.stars.shape[0], K), -1)
    lists[found["user_id"].to_numpy() - 1, found["rank"].to_numpy() - 1] = found["track_id"].to_numpy() - 1
    return listed(lists)


def by_weights(weights: pa.Table, strengths: csr_matrix) -> np.ndarray:
    """Scores (users, items): sums of the weights of what a user rated times its strength."""
    i, j = (weights[name].to_numpy() - 1 for name in ("item_i", "item_j"))
    items = strengths.shape[1]
    return (strengths @ csr_matrix((weights["weight"].to_numpy(), (j, i)), (items, items))).toarray()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="FOLDER_OR_FILE")
    data, order = split(*read(parser.parse_args().data))
    print(f"{data.likes.num_rows:,} held-out likes, {len(data.retrieval.track_ids):,} films, lists of {K}\n")
    print("| model | recall | NDCG | MRR | popular share | coverage |")
    print("|---|---|---|---|---|---|")
    for name, make in {"popularity": popularity, **implicit_models(), **lenskit_models()}.items():
        show(name, make(data), data)
    with tempfile.TemporaryDirectory() as folder:
        for name, lists in ours(data, order, Path(folder)).items():
            show(name, lists, data)


def show(name: str, lists: pa.Table, data: Split) -> None:
    rows = quality(name, [lists], data.likes, data.catalogue, K).to_pylist()
    cells = [
        f"{row['value']:.3f}"
        + ("" if row["lower"] is None else f" ({row['lower']:.3f} to {row['upper']:.3f})")
        for row in rows
    ]
    print("|", " | ".join([name, *cells]), "|", flush=True)


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    with threadpool_limits(1):  # implicit's BPR repeats with one thread alone
        main()
