"""Does an autoencoder over the whole catalogue add to the ranker? A second look, on built warehouses.

    python -m tests.bench.second_autoencoder WAREHOUSE... [--seeds 3]

Two networks learn from the validation history, the epoch chosen by validation candidates: Mult-VAE (Liang et al.,
Variational Autoencoders for Collaborative Filtering, 2018) from likes of items of all kinds, and the project's
own autoencoder, whose unrated items are drawn by the law of likes, from all ratings. Each one's score of real
and of validation candidates joins the features of the ranker. Printed are accuracies, and the paired differences
to the ranker as it is, with 95 % intervals over users; hits are added up over seeds of the trees, whose choice
of features is a matter of luck. A warehouse needs a ranker and a truth, as `make build` makes it, or
`python -m tests.bench.movielens FOLDER --keep DIRECTORY --model ranker`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from scipy.sparse import csr_matrix
from torch import Tensor, nn
from torch.nn.functional import dropout, log_softmax

from recsys.backends.duckdb.connection import reading
from recsys.evaluation.statistics import bootstrap
from recsys.learners.autoencoder import learner as autoencoder
from recsys.learners.common.vectors import positions
from recsys.project import Project
from recsys.project.contract import Context
from tests.bench.reranking import Examples, Hits, hits, reranked
from tests.relations import held, read

HISTORY = """
select user_id, item_id, rating from staging.ratings anti join (
    select user_id, track_id as item_id from validation.labels where label = 1
) using (user_id, item_id)
"""
ITEMS = """
select item_id, coalesce(nullif(album_id, item_id), nullif(artist_id, item_id)) as parent_id, draw_count
from learned.factor_items
"""
PAIRS = """
select user_id, track_id, item_id, parent_id
from {candidates} inner join items on track_id = item_id order by user_id, track_id
"""
LIKED = 80

Scored = dict[str, pa.Table]  # scores of real and of validation candidates


@dataclass(frozen=True)
class Data:
    """A warehouse's validation history, items, and candidates, as `recsys.learners.autoencoder.learner` reads them."""

    history: pa.Table
    items: pa.Table
    pairs: Scored

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection) -> Data:
        connection.execute(f"create temp table items as {ITEMS}")
        tables = (
            connection.sql(query).to_arrow_table() for query in (HISTORY, "from items order by item_id")
        )
        pairs = {
            name: connection.sql(PAIRS.format(candidates=relation)).to_arrow_table()
            for name, relation in (("real", "staging.candidates"), ("validation", "validation.labels"))
        }
        return cls(*tables, pairs)


@dataclass(frozen=True)
class Settings:
    """As published by Liang et al., but for sizes that suit smaller data sets, and a linear decoder.

    The divergence has its full weight after ``warming`` steps; ``patience`` epochs without a better order of
    the validation candidates end the training.
    """

    hidden: int = 200
    code: int = 100
    dropout: float = 0.5
    divergence: float = 0.2
    warming: int = 400
    learning_rate: float = 1e-3
    batch: int = 64
    epochs: int = 150
    patience: int = 12
    seed: int = 2018


class MultVAE(nn.Module):
    """From a user's likes to a multinomial law of likes over all items."""

    def __init__(self, items: int, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.inwards = nn.EmbeddingBag(items, settings.hidden, mode="sum")
        nn.init.normal_(self.inwards.weight, std=0.05)
        self.code = nn.Linear(settings.hidden, 2 * settings.code)
        self.law = nn.Linear(settings.code, items)

    def forward(self, likes: csr_matrix) -> tuple[Tensor, Tensor]:
        """Logarithms of the law (users, items), and the divergence of each user's code from the prior."""
        lengths = np.diff(likes.indptr)
        weights = np.repeat(1 / np.sqrt(np.maximum(lengths, 1)), lengths).astype(np.float32)
        shown = dropout(torch.from_numpy(weights), self.settings.dropout, self.training)
        items, begins = (
            torch.from_numpy(ends.astype(np.int64)) for ends in (likes.indices, likes.indptr[:-1])
        )
        hidden = torch.tanh(self.inwards(items, begins, per_sample_weights=shown))
        mean, log_variance = self.code(hidden).chunk(2, dim=1)
        divergence = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1)
        if self.training:
            mean = mean + torch.randn_like(mean) * (log_variance / 2).exp()
        return log_softmax(self.law(mean), dim=1), divergence

    def loss(self, likes: csr_matrix, weight: float) -> Tensor:
        law, divergence = self(likes)
        owners = np.repeat(np.arange(likes.shape[0]), np.diff(likes.indptr))
        return weight * divergence.mean() - law[owners, likes.indices].sum() / likes.shape[0]


def mult_vae(data: Data, label: np.ndarray, settings: Settings) -> Scored:
    """The logarithm of a track's share in the user's law, less half that of its number of likes.

    Half, as `item_neighbours` divides by the root of the number of raters.
    """
    torch.manual_seed(settings.seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(settings.seed)
    ids = data.items["item_id"].to_numpy()
    users = np.unique(data.history["user_id"].to_numpy())
    likes = liked(data.history, users, ids)
    popularity = np.log1p(np.bincount(likes.indices, minlength=len(ids)))
    asked = {
        name: (positions(users, pairs["user_id"].to_numpy()), positions(ids, pairs["track_id"].to_numpy()))
        for name, pairs in data.pairs.items()
    }
    model = MultVAE(len(ids), settings)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate)
    best, kept, found, step = -1.0, 0, dict[str, np.ndarray](), 0
    for epoch in range(settings.epochs):
        model.train()
        for batch in np.array_split(rng.permutation(len(users)), max(1, len(users) // settings.batch)):
            loss = model.loss(likes[batch], settings.divergence * min(1.0, step / settings.warming))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
        scores = {name: predicted(model, likes, *at) - popularity[at[1]] / 2 for name, at in asked.items()}
        if (auc := ordered(label, scores["validation"])) > best:
            best, kept, found = auc, epoch, scores
        if epoch - kept >= settings.patience:
            break
    print(f"Mult-VAE: epoch {kept + 1} of {epoch + 1}, {best:.4f} of validation pairs in order", flush=True)
    return {name: with_score(data.pairs[name], score) for name, score in found.items()}


def liked(history: pa.Table, users: np.ndarray, items: np.ndarray) -> csr_matrix:
    """Likes (users + 1, items) as ones; the last row is of those who are not there."""
    table = history.filter(pc.greater_equal(history["rating"], LIKED))
    rows, columns = (
        positions(users, table["user_id"].to_numpy()),
        positions(items, table["item_id"].to_numpy()),
    )
    return csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(users) + 1, len(items)))


@torch.no_grad()
def predicted(model: MultVAE, likes: csr_matrix, rows: np.ndarray, items: np.ndarray) -> np.ndarray:
    """The logarithms of the law of pairs of a user's row and an item."""
    model.eval()
    found = np.empty(len(rows))
    users, owners = np.unique(rows, return_inverse=True)
    for begin in range(0, len(users), model.settings.batch):
        law, _ = model(likes[users[begin : begin + model.settings.batch]])
        here = np.flatnonzero((owners >= begin) & (owners < begin + model.settings.batch))
        found[here] = law.numpy()[owners[here] - begin, items[here]]
    return found


def ordered(label: np.ndarray, score: np.ndarray) -> float:
    """The share of each user's pairs of a liked and another candidate that are in order; as many of either."""
    size = 2 * Project.load().parameters.get("validation.held_out")
    label, score = label.reshape(-1, size), score.reshape(-1, size)
    pairs = (label[:, :, None] == 1) & (label[:, None, :] == 0)
    return float((np.sign(score[:, :, None] - score[:, None, :])[pairs] / 2 + 0.5).mean())


def with_score(pairs: pa.Table, score: np.ndarray) -> pa.Table:
    return pairs.select(["user_id", "track_id"]).append_column("score", pa.array(score))


def drawn_negatives(data: Data) -> Scored:
    """The project's autoencoder, whose items are of all kinds."""
    settings = Project.load().parameters.get("autoencoder")
    inputs = {
        "ratings": data.history.sort_by([("user_id", "ascending"), ("item_id", "ascending")]),
        "items": data.items,
        "candidates": pa.concat_tables(data.pairs.values()),
    }
    with tempfile.TemporaryDirectory() as folder:
        made = read(autoencoder.fit_predict(held(inputs), settings, Context(scratch=Path(folder))))
    scores = made["features.autoencoder"]["prediction"].to_numpy()
    ends = np.split(scores, [len(data.pairs["real"])])
    return {name: with_score(data.pairs[name], part) for name, part in zip(data.pairs, ends, strict=True)}


def look(warehouse: Path, seeds: int) -> None:
    """Print what each network is worth alone, and what it adds to the ranker."""
    with reading(warehouse) as connection:
        data, examples = Data.of(connection), Examples.of(connection)
        label = examples.labels["label"].to_numpy()
        networks: dict[str, Callable[[], Scored]] = {
            "Mult-VAE": lambda: mult_vae(data, label, Settings()),
            "drawn negatives": lambda: drawn_negatives(data),
        }
        numbers = range(1, seeds + 1)
        rows = list(reranked(connection, "ranker", examples, numbers))
        for name, network in networks.items():
            found = network()
            rows += hits(connection, name, found["real"])
            more = examples.joined("network", found["real"], found["validation"])
            rows += reranked(connection, f"ranker + {name}", more, numbers)
    report(warehouse.name, rows)


def report(title: str, rows: list[Hits]) -> None:
    """A line a model: accuracy, its interval, and that of the difference to the ranker as it is."""
    resamples = bootstrap(rows)
    print(f"\n{title}")
    for name in dict.fromkeys(row["model"] for row in rows):
        correct, judged = (
            sum(row[column] for row in rows if row["model"] == name) for column in ("correct", "judged")
        )
        (low, high), (below, above) = resamples.interval(name), resamples.lift_interval(name, "ranker")
        print(f"{name:26s} {correct / judged:.4f}  {low:.4f} to {high:.4f}  {below:+.4f} to {above:+.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("warehouse", nargs="+", type=Path)
    parser.add_argument("--seeds", type=int, default=3, help="of the ranker's trees")
    arguments = parser.parse_args()
    for warehouse in arguments.warehouse:
        look(warehouse, arguments.seeds)


if __name__ == "__main__":
    main()
