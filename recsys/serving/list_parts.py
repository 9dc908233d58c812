"""Break the score of an item by a list model into parts: interactions of the user, and other inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from recsys.learners.lists import ranker
from recsys.learners.lists.blend import Blend
from recsys.learners.lists.interactions import Interactions, positions
from recsys.learners.lists.model import ExplainedModel, ListModel, WeightedModel
from recsys.learners.lists.reasons import NO_REASON, strongest

MOST_PARTS = 10  # interactions that are named; the others are one part
START, HISTORY, OTHERS, INPUT, REASON = "start", "neighbour", "others", "input", "reason"


@dataclass(frozen=True)
class Part:
    """Hold one part of a score.

    Parameters
    ----------
    source : str
        ``start``, ``neighbour`` (an interaction), ``others`` (interactions together), ``input`` (of a blend
        or a ranker) or ``reason`` (an interaction that the strongest input reads).
    amount : float, optional
        What the part adds to the score; None of a reason.
    entry : int, optional
        Entry of the history, of an interaction.
    weight : float, optional
        What the strength of the interaction is multiplied with.
    name : str
        Of an input.
    count : int
        Number of the other interactions.
    """

    source: str
    amount: float | None
    entry: int | None = None
    weight: float | None = None
    name: str = ""
    count: int = 0


def parts(name: str, model: ListModel, history: Interactions, item: int) -> list[Part]:
    """Return the parts of the score of an item for one user, the start first, then the largest.

    Parameters
    ----------
    name : str
        Of the model.
    model : ListModel
        What scores.
    history : Interactions
        Of one user, of all items.
    item : int
        Item id.

    Returns
    -------
    list of Part
        Amounts add up to the score.
    """
    place = int(positions(model.item_ids, np.array([item]))[0])
    if place == len(model.item_ids):
        return [Part(START, 0.0)]
    reason = int(strongest(model, history, np.zeros(1, np.int64), np.array([item]))[0])
    found = _parts(name, model, history, place, reason)
    return _complete(found, float(model.scores(history)[0, place]))


def _parts(name: str, model: ListModel, history: Interactions, place: int, reason: int) -> list[Part]:
    if isinstance(model, ranker.Ranker):
        inputs = model.inputs(history, place)
        if inputs is None:
            outside = _parts(name, model.plain, history, place, reason)
            return [replace(outside[0], amount=(outside[0].amount or 0.0) - ranker.OUTSIDE), *outside[1:]]
        named = [Part(INPUT, amount, name=one) for one, amount in inputs.items() if one != START and amount]
        because = [] if reason == NO_REASON else [Part(REASON, None, reason)]
        return [Part(START, inputs[START]), *_largest_first(named), *because]
    if isinstance(model, Blend):
        others = [Part(INPUT, amount, name=one) for one, amount in model.unexplained(history, place).items()]
        amounts = model.contributions(history, place)
        return [Part(START, model.start(history)), *_interactions(amounts, None, reason), *others]
    if isinstance(model, ExplainedModel):
        amounts = model.contributions(history, place)
        strengths = model.strengths(history) if isinstance(model, WeightedModel) else None
        return [Part(START, 0.0), *_interactions(amounts, strengths, reason)]
    return [Part(START, 0.0), Part(INPUT, float(model.scores(history)[0, place]), name=name)]


def _interactions(amounts: np.ndarray, strengths: np.ndarray | None, reason: int) -> list[Part]:
    """Return the interactions with the largest amounts and the reason, and the others together."""
    order = np.argsort(-np.abs(amounts), kind="stable")
    order = order[amounts[order] != 0]
    named = order[:MOST_PARTS].tolist()
    if reason != NO_REASON and reason not in named:
        named[-1:] = [reason]
    weights = amounts / strengths if strengths is not None else None
    found = [
        Part(HISTORY, float(amounts[entry]), entry, None if weights is None else float(weights[entry]))
        for entry in named
    ]
    others = np.setdiff1d(order, named)
    return [*found, *([Part(OTHERS, float(amounts[others].sum()), count=len(others))] if len(others) else [])]


def _largest_first(found: Sequence[Part]) -> list[Part]:
    return sorted(found, key=lambda part: (-abs(part.amount or 0.0), part.name))


def _complete(found: list[Part], score: float) -> list[Part]:
    """Return the parts with the rounding of the score in the largest one, so that they add up to it."""
    amounts = np.array([part.amount or 0.0 for part in found])
    largest = int(np.abs(amounts).argmax())
    rest = score - amounts.sum()
    return [
        replace(part, amount=part.amount + rest) if number == largest and part.amount is not None else part
        for number, part in enumerate(found)
    ]
