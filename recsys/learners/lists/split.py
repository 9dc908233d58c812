"""Validation split: a fifth of each user's likes held out at random, by a digest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.evaluation.ranking import HeldOut
from recsys.learners.lists.interactions import Interactions

SHARE = 0.2
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))  # SplitMix64: Steele et al., 2014
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Split:
    """Interactions without the held-out likes, and these likes.

    Parameters
    ----------
    training : Interactions
        All users and items; held-out likes are left out.
    rows : int array (validation users)
        Rows of the users with held-out likes, ascending.
    held_out : HeldOut
        The likes of these users.
    """

    training: Interactions
    rows: np.ndarray
    held_out: HeldOut

    @property
    def histories(self) -> Interactions:
        """Return the validation users' interactions without the held-out likes."""
        return self.training.users(self.rows)


def split(interactions: Interactions, users: int = 2000, seed: int = 2019) -> Split:
    """Hold out a fifth of the likes, at least one, of up to ``users`` users with two or more likes.

    Parameters
    ----------
    interactions : Interactions
        What the build knows.
    users : int
        Most validation users, drawn by a digest of their ids.
    seed : int
        Seed of both draws.

    Returns
    -------
    Split
        The same for any order of rows.
    """
    likes = np.flatnonzero(interactions.is_like & interactions.is_candidate[interactions.items])
    owners = interactions.rows[likes]
    counts = np.bincount(owners, minlength=interactions.user_count)
    chosen = _users(interactions, counts, users, seed)
    likes, owners = likes[chosen[owners]], owners[chosen[owners]]
    digest = _digest(interactions.user_ids[owners], interactions.item_ids[interactions.items[likes]], seed)
    order = np.lexsort((digest, owners))
    held = likes[order][_ranks(owners[order]) < _shares(counts)[owners[order]]]
    kept = np.ones(interactions.entry_count, bool)
    kept[held] = False
    rows = np.flatnonzero(chosen)
    places = np.searchsorted(rows, interactions.rows[held])
    found = HeldOut.from_pairs(places, interactions.items[held], len(rows), interactions.item_count)
    return Split(interactions.entries(kept), rows, found)


def _users(interactions: Interactions, counts: np.ndarray, users: int, seed: int) -> np.ndarray:
    """Return a mask of the validation users."""
    able = np.flatnonzero(counts >= 2)
    digest = _digest(interactions.user_ids[able], np.zeros(len(able), np.int64), seed)
    mask = np.zeros(interactions.user_count, bool)
    mask[able[np.argsort(digest, kind="stable")[:users]]] = True
    return mask


def _shares(counts: np.ndarray) -> np.ndarray:
    """Return the number of likes to hold out of ``counts``."""
    found: np.ndarray = np.maximum(1, np.floor(SHARE * counts + 0.5)).astype(np.int64)
    return found


def _ranks(owners: np.ndarray) -> np.ndarray:
    """Return the place of each row within its run of equal owners, from 0."""
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    lengths = np.diff(np.append(starts, len(owners)))
    return np.arange(len(owners)) - np.repeat(starts, lengths)


def _digest(users: np.ndarray, items: np.ndarray, seed: int) -> np.ndarray:
    """Return a 64-bit digest of each pair of ids and the seed."""
    with np.errstate(over="ignore"):
        found = np.full(len(users), seed, np.uint64)
        for one in (users, items):
            found = _mixed(found * _GOLDEN + one.astype(np.uint64))
    return found


def _mixed(values: np.ndarray) -> np.ndarray:
    values = (values ^ (values >> np.uint64(30))) * _MIX[0]
    values = (values ^ (values >> np.uint64(27))) * _MIX[1]
    found: np.ndarray = values ^ (values >> np.uint64(31))
    return found
