"""Inputs of an ensemble: submissions and models of known accuracy."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recsys.learners.ensembles.half_liked import Calibration
from recsys.learners.ensembles.within_user import Array, Users, is_marks

MOST_DECIMALS = 6


@dataclass(frozen=True)
class Input:
    """Describe a submission or a model with its known accuracy and standard error.

    ``kind`` is 'submission' or 'model', ``origin`` 'published' or 'estimated'. ``duplicate_of`` names an
    input with the same ranks, which counts for both.
    """

    name: str
    kind: str
    accuracy: float
    standard_error: float
    origin: str
    duplicate_of: str | None = None


@dataclass(frozen=True)
class Pool:
    """Hold distinct inputs over the candidates.

    Attributes
    ----------
    users : Users
    inputs : tuple of Input
    levels : ndarray of float64, shape (candidates, inputs)
        As in `Users`; s = levels / reach.
    marks : ndarray of int8, shape (candidates, inputs)
        Predictions, -1 or 1.
    moments : ndarray of float64, shape (inputs,)
        Mean of s times the truth x in {-1, 1}.
    duplicates : tuple of Input
        Inputs with the same ranks as one of ``inputs``.
    warnings : tuple of str
    """

    users: Users
    inputs: tuple[Input, ...]
    levels: Array
    marks: NDArray[np.int8]
    moments: Array
    duplicates: tuple[Input, ...]
    warnings: tuple[str, ...]

    @property
    def accuracy(self) -> Array:
        """Return the accuracy of each input (inputs)."""
        return np.array([known.accuracy for known in self.inputs])

    @property
    def standard_error(self) -> Array:
        """Return the standard error of each accuracy (inputs)."""
        return np.array([known.standard_error for known in self.inputs])

    @classmethod
    def of(cls, users: Users, inputs: Sequence[Input], columns: Iterable[Array]) -> Pool:
        """Pool inputs with their scores, or marks 0 and 1: a column (candidates) per input."""
        groups: dict[bytes, list[Input]] = {}
        levels, marks, is_marked = [], [], []
        for known, scores in zip(inputs, columns, strict=True):
            level = users.levels(scores)
            group = groups.setdefault(hashlib.sha256(level.tobytes()).digest(), [])
            group.append(known)
            if len(group) == 1:
                is_marked.append(is_marks(scores))
                levels.append(level)
                marks.append((np.sign(level) if is_marked[-1] else users.halves(level)).astype(np.int8))
        distinct = tuple(_merged(group) for group in groups.values())
        return cls(
            users,
            distinct,
            np.array(levels).T,
            np.array(marks).T,
            np.array([_moment(users, *each) for each in zip(distinct, levels, is_marked, strict=True)]),
            tuple(replace(k, duplicate_of=group[0].name) for group in groups.values() for k in group[1:]),
            tuple(_disagreement(group) for group in groups.values() if len({k.accuracy for k in group}) > 1),
        )


def _merged(group: list[Input]) -> Input:
    """Return the first of the inputs with the same ranks, with the mean of their accuracies."""
    return replace(group[0], accuracy=float(np.mean([known.accuracy for known in group])))


def _disagreement(group: list[Input]) -> str:
    scores = ", ".join(f"{known.name} ({known.accuracy:.3f})" for known in group)
    return f"submissions with the same ranks have different published accuracies; using their mean: {scores}"


def _moment(users: Users, known: Input, level: Array, is_marked: bool) -> float:
    """Return the mean of s x from the known accuracy P.

    A mark has s = -1 or 1, so it is 2 P - 1 exactly, whether or not half of the candidates are marked. P of a
    score is that of its top halves; the moment of its ranks follows from the calibration.
    """
    if is_marked:
        return 2 * known.accuracy - 1
    return Calibration.of(users, level / users.reach).moment_at(known.accuracy)


def rounding_error(accuracies: Iterable[float]) -> float:
    """Return the standard error of rounded accuracies.

    Rounding to d decimals is an error uniform within half a unit of the last one: 10^-d / sqrt(12). All
    accuracies are taken to have as many decimals as the longest.

    Parameters
    ----------
    accuracies : iterable of float

    Returns
    -------
    float
    """
    scores = np.array([*accuracies])
    exact = (d for d in range(1, MOST_DECIMALS) if np.allclose(scores, scores.round(d), rtol=0, atol=1e-9))
    return float(10.0 ** -next(exact, MOST_DECIMALS) / np.sqrt(12))
