"""The points of the classifiers' grids: what each is made from, whoever trains it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from recsys.learners.common.settings import parse


@dataclass(frozen=True)
class DecisionTree:
    max_depth: int
    min_instances: int
    seed: int


@dataclass(frozen=True)
class LogisticModel:
    """``regularization`` is half of the weight of the squared coefficients of standardised features, beside
    the mean loss."""

    regularization: float
    iterations: int


@dataclass(frozen=True)
class BoostedTrees:
    """``step`` is the learning rate, ``subsampling`` the share of the examples that each tree sees."""

    trees: int
    max_depth: int
    step: float
    subsampling: float
    seed: int


@dataclass(frozen=True)
class Forest:
    """Each tree sees a sample with replacement, each split as many features as the root of their number."""

    trees: int
    max_depth: int
    min_instances: int
    seed: int


Point = DecisionTree | LogisticModel | BoostedTrees | Forest


def grid(kind: type[Point], section: Mapping[str, Any]) -> list[Point]:
    """Every combination of the values that a section lists; a parameter without a list has one value."""
    axes = [value if isinstance(value, list) else [value] for value in section.values()]
    return [parse(kind, dict(zip(section, point, strict=True))) for point in product(*axes)]
