"""The list models that can be tuned: their defaults, grids of hyperparameters, and how each is fitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recsys.learners.lists import counts, ease, ials, item_knn, neighbours
from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.model import ListModel
from recsys.learners.lists.search import Axis
from recsys.learners.lists.weighting import useful, weights

_REGULARIZATIONS = (10.0, 20.0, 30.0, 60.0, 100.0, 200.0, 300.0, 600.0, 1000.0, 2000.0, 3000.0)
_DROPOUTS = (0.0, 0.1, 0.2, 0.33, 0.5, 0.67)
_WINDOWS = (5, 10, 20, 50)
_DECAYS = (0.6, 1.1, 1.6)
_UNOBSERVED = (0.0032, 0.0056, 0.01, 0.018, 0.032, 0.056, 0.1, 0.18, 0.32, 0.56, 1.0)
_PENALTIES = (0.00032, 0.00056, 0.001, 0.0018, 0.0032, 0.0056, 0.01, 0.018, 0.032, 0.056, 0.1)
_NEIGHBOURS = (20, 50, 100, 200, 500)

Parameters = dict[str, Any]


@dataclass(frozen=True)
class Workshop:
    """Training data and how to run: what every fit of a search shares.

    Parameters
    ----------
    interactions : Interactions
        Training data.
    threads : int
        Threads of a fit.
    """

    interactions: Interactions
    threads: int = 2
    _products: dict[str, np.ndarray] = field(default_factory=dict)

    def item_products(self, weighting: str) -> np.ndarray | None:
        """Return X'X of a weighting for EASE's primal form, made once; None for the dual form."""
        inputs = weights(self.interactions, weighting)
        if ease.prefers_dual(inputs):
            return None
        if weighting not in self._products:
            self._products.clear()  # one matrix in memory at a time
            self._products[weighting] = ease.item_products(inputs, self.threads)
        return self._products[weighting]


@dataclass(frozen=True)
class Family:
    """A model that has hyperparameters.

    Parameters
    ----------
    defaults : mapping
        Published constants.
    axes : function
        Grids for some training data.
    fit : function
        Fit to be judged on users of the training data.
    refined : tuple of mappings
        What is tried with the best parameters at the end, as it costs more.
    grows : str
        The axis whose best value can be higher where more users take part; empty for none.
    is_fallback : bool
        Whether it makes the lists of new users, so that it is searched however far behind it is.
    """

    defaults: Parameters
    axes: Callable[[Interactions], tuple[Axis, ...]]
    fit: Callable[[Workshop, Parameters], ListModel]
    refined: tuple[Parameters, ...] = ()
    grows: str = ""
    is_fallback: bool = False


def usable(interactions: Interactions) -> tuple[str, ...]:
    """Return the names of the families that these interactions allow."""
    return tuple(name for name in FAMILIES if not left_out(name, interactions))


def left_out(name: str, interactions: Interactions) -> str:
    """Return why a family cannot be used, in a few words; empty if it can."""
    if name in ("trending", "neighbours") and counts.time_span(interactions) == 0:
        return "the data have no times"
    widest = neighbours.NeighbourParameters(window=max(_WINDOWS))
    if name == "neighbours" and not neighbours.is_affordable(interactions, widest):
        return f"more than {neighbours.MOST_PAIRS // widest.window:,} interactions"
    return ""


def start(family: Family, interactions: Interactions) -> Parameters:
    """Return the defaults, with a weighting that the interactions can have."""
    possible = useful(interactions)
    weighting = family.defaults.get("weighting")
    if weighting is None or weighting in possible:
        return dict(family.defaults)
    return {**family.defaults, "weighting": possible[0]}


def _weightings(interactions: Interactions) -> Axis:
    return Axis("weighting", useful(interactions), ordered=False)


def _fit_ease(workshop: Workshop, parameters: Parameters) -> ListModel:
    data, chosen = workshop.interactions, ease.EaseParameters(**parameters)
    inputs = weights(data, chosen.weighting)
    products = workshop.item_products(chosen.weighting)
    solution = ease.solve(inputs, chosen, workshop.threads, products=products)
    return ease.FittedUsers(data.item_ids, data.user_ids, solution)


def _fit_ials(workshop: Workshop, parameters: Parameters) -> ListModel:
    return ials.fit(workshop.interactions, ials.IalsParameters(**parameters), workshop.threads)


def _fit_knn(workshop: Workshop, parameters: Parameters) -> ListModel:
    return item_knn.fit(workshop.interactions, item_knn.ItemKnnParameters(**parameters), workshop.threads)


def _fit_neighbours(workshop: Workshop, parameters: Parameters) -> ListModel:
    return neighbours.fit(
        workshop.interactions, neighbours.NeighbourParameters(**parameters), workshop.threads
    )


def _fit_trending(workshop: Workshop, parameters: Parameters) -> ListModel:
    span = counts.time_span(workshop.interactions)
    return counts.trending(workshop.interactions, span * parameters["half_life"])


FAMILIES = {
    "ease": Family(
        {"weighting": "likes", "regularization": 300.0, "dropout": 0.0},
        lambda data: (
            Axis("regularization", _REGULARIZATIONS),
            _weightings(data),
            Axis("dropout", _DROPOUTS),
        ),
        _fit_ease,
        grows="regularization",
    ),
    "ials": Family(
        {"weighting": "likes", "factors": 32, "unobserved": 0.1, "regularization": 0.0032, "epochs": 6},
        lambda data: (
            Axis("regularization", _PENALTIES),
            Axis("unobserved", _UNOBSERVED),
            _weightings(data),
        ),
        _fit_ials,
        ({"factors": 64, "epochs": 12}, {"factors": 128, "epochs": 12}, {"factors": 256, "epochs": 12}),
    ),
    "item_knn": Family(
        {"weighting": "likes", "similarity": "cosine", "neighbours": 100},
        lambda data: (
            Axis("similarity", ("cosine", "bm25"), ordered=False),
            Axis("neighbours", _NEIGHBOURS),
            _weightings(data),
        ),
        _fit_knn,
    ),
    "neighbours": Family(
        {"weighting": "likes", "window": 10, "decay": 1.1},
        lambda data: (
            Axis("window", _WINDOWS),
            Axis("decay", _DECAYS),
            _weightings(data),
        ),
        _fit_neighbours,
    ),
    "trending": Family(
        {"half_life": 0.125},
        lambda data: (Axis("half_life", (0.002, 0.0078125, 0.03125, 0.125, 0.5)),),
        _fit_trending,
        is_fallback=True,
    ),
}
