"""Hyperparameters of the classifiers, and their grids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from recsys.learners.common.settings import parse


@dataclass(frozen=True)
class DecisionTree:
    """Hyperparameters of a decision tree."""

    max_depth: int
    min_instances: int
    seed: int


@dataclass(frozen=True)
class LogisticModel:
    """Hyperparameters of logistic regression.

    ``regularization`` is half the weight of the squared coefficients of standardised features, against the
    mean loss.
    """

    regularization: float
    iterations: int


@dataclass(frozen=True)
class BoostedTrees:
    """Hyperparameters of gradient boosting.

    ``subsampling`` is the share of the examples that each tree is trained on.
    """

    trees: int
    max_depth: int
    learning_rate: float
    subsampling: float
    seed: int


@dataclass(frozen=True)
class Forest:
    """Hyperparameters of a random forest.

    Each tree is trained on a bootstrap sample; each split considers the square root of the number of
    features.
    """

    trees: int
    max_depth: int
    min_instances: int
    seed: int


Point = DecisionTree | LogisticModel | BoostedTrees | Forest


def grid(kind: type[Point], section: Mapping[str, Any]) -> list[Point]:
    """Return every combination of the listed values; a parameter without a list has one value.

    Parameters
    ----------
    kind : type
        A dataclass of hyperparameters.
    section : mapping
        A value, or a list of values, for each hyperparameter.

    Returns
    -------
    list of kind

    Raises
    ------
    UsageError
        A hyperparameter is unknown or missing.
    """
    axes = [value if isinstance(value, list) else [value] for value in section.values()]
    return [parse(kind, dict(zip(section, point, strict=True))) for point in product(*axes)]
