"""Taxonomy factors: pairwise ranking of users' likes, with item vectors summed over the taxonomy.

Bayesian personalised ranking (Rendle et al., 2009) with item vectors that are sums over the taxonomy, and
popularity-proportional negative sampling, after Mnih, 2011:

    s(u, i) = U_u . (V_i + A_album(i) + A_artist(i)) + b_i + w . h(u, i)

h are four features of the user's history: the rating of the album, whether it is liked, and the same for the
artist. Each rating of at least ``positive_threshold`` is compared with a hard negative: the best scored of
``negatives`` sampled items that the user never rated, sampled anew in each epoch. The negatives of an epoch
are scored by the factors of the epoch before, so that they are sampled while that epoch trains. Descent is
sequential and compiled: gradients of mini-batches took torch three times as long.

References
----------
Rendle et al., "BPR: Bayesian Personalized Ranking from Implicit Feedback", UAI 2009.
Mnih, "Taxonomy-Informed Latent Factor Models for Implicit Feedback", KDD Cup 2011, JMLR W&CP 18.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from recsys.learners.bpr.comparisons import Comparisons
from recsys.learners.bpr.factors import HISTORY, FactorModel, Factors, FactorSettings
from recsys.learners.bpr.taxonomy import Arrays, Histories, Taxonomy
from recsys.learners.bpr.validation import Validation
from recsys.learners.common.settings import parse
from recsys.project.contract import Context, Relation

_CURVE = pa.schema(
    {"epoch": pa.int32(), "train_loss": pa.float64(), "validation_auc": pa.float64(), "is_kept": pa.bool_()}
)

_NO_LABELS = pa.schema({"user_id": pa.int32(), "track_id": pa.int32(), "label": pa.int32()}).empty_table()


@dataclass(frozen=True)
class Epoch:
    """Record one pass over the comparisons; ``validation_auc`` is None without validation."""

    epoch: int
    train_loss: float | None
    validation_auc: float | None


def fit_predict(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Fit the factors of all users with ratings and of all items.

    Ratings and comparisons are read in batches and kept in files; the factors are in memory.

    Parameters
    ----------
    inputs : mapping of str to Relation
        ``ratings`` (user_id, item_id, rating), ratings of 0 to 100, ``items`` (item_id, album_id, artist_id,
        draw_count), and optionally ``validation`` (user_id, track_id, label), which chooses the epoch.
    settings : mapping
        Keys of `FactorSettings`.
    context : Context
        Scratch folder and progress reports.

    Returns
    -------
    mapping of str to pyarrow.Table
        ``learned.user_factors`` (user_id, factors); ``learned.item_factors`` (item_id, factors, bias),
        factors summed over the taxonomy; ``learned.history_weights`` (feature, weight);
        ``learned.factor_curve``, one row per epoch.
    """
    chosen = parse(FactorSettings, settings)
    taxonomy = Taxonomy.of(inputs["items"].arrow())
    with tempfile.TemporaryDirectory(prefix="factors-", dir=context.scratch) as folder:
        arrays = Arrays(Path(folder))
        histories = Histories.of(inputs["ratings"], taxonomy, arrays)
        labels = inputs["validation"].arrow() if "validation" in inputs else _NO_LABELS
        validation = Validation.of(labels, histories, taxonomy, chosen.like_threshold)
        model, curve = fit(histories, taxonomy, validation, chosen, arrays, context)
    return {
        "learned.user_factors": pa.table({"user_id": histories.users, "factors": _lists(model.users)}),
        "learned.item_factors": pa.table(
            {"item_id": taxonomy.ids, "factors": _lists(model.items), "bias": model.biases}
        ),
        "learned.history_weights": pa.table({"feature": HISTORY, "weight": model.weights.astype(np.float64)}),
        "learned.factor_curve": curve,
    }


def fit(
    histories: Histories,
    taxonomy: Taxonomy,
    validation: Validation,
    settings: FactorSettings,
    arrays: Arrays,
    context: Context,
) -> tuple[FactorModel, pa.Table]:
    """Fit factors by stochastic gradient descent; keep the epoch with the best validation AUC.

    Parameters
    ----------
    histories : Histories
    taxonomy : Taxonomy
    validation : Validation
        Without pairs, the last epoch is kept.
    settings : FactorSettings
    arrays : Arrays
        Files of the comparisons.
    context : Context

    Returns
    -------
    model : FactorModel
    curve : pyarrow.Table
        Loss and AUC of each epoch.
    """
    comparisons = Comparisons(histories, taxonomy, settings, arrays)
    factors = Factors.random(len(histories.users), len(taxonomy), settings)
    factors.users[comparisons.counts == 0] = 0  # users without positive ratings
    factors.own[~comparisons.touched()] = 0
    best, curve = factors.model(taxonomy), list[Epoch]()
    rng, kept = np.random.default_rng(settings.seed + 1), 0
    with ThreadPoolExecutor(1) as aside:
        waiting = aside.submit(comparisons.hard_negatives, best, rng.spawn(1)[0])
        for number in range(1, settings.epochs + 1):
            chosen, codes = waiting.result()
            if number < settings.epochs:
                waiting = aside.submit(comparisons.hard_negatives, factors.model(taxonomy), rng.spawn(1)[0])
            loss = comparisons.descend(factors, chosen, codes, settings.learning_rate_of(number - 1), rng)
            model = factors.model(taxonomy)
            curve.append(Epoch(number, loss, validation.auc(model)))
            context.report(number / settings.epochs, f"epoch {number}, loss {loss or 0:.4f}")
            if kept == 0 or _is_better(curve[-1], curve[kept - 1]):
                best, kept = model, number
    rows = [asdict(epoch) | {"is_kept": epoch.epoch == kept} for epoch in curve]
    return best, pa.Table.from_pylist(rows, schema=_CURVE)


def _is_better(epoch: Epoch, kept: Epoch) -> bool:
    if epoch.validation_auc is None or kept.validation_auc is None:
        return True
    return epoch.validation_auc > kept.validation_auc


def _lists(vectors: np.ndarray) -> pa.Array:
    ends = np.arange(0, vectors.size + 1, vectors.shape[1], dtype=np.int32)
    return pa.ListArray.from_arrays(ends, np.ascontiguousarray(vectors).ravel())
