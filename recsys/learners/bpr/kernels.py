"""Compiled loops of taxonomy factors: hard negative sampling and stochastic gradient descent.

Arrays are as `Taxonomy`, `Histories` and `Factors` describe them. Each loop runs in one thread and one order,
so that a seed gives the same factors on any number of threads. A code is a user's rating + 1, 0 for none.
Ratings of at least ``like_threshold`` mark an album or artist as liked.
"""

from __future__ import annotations

import numpy as np

from recsys.learners.common.compiled import compiled


@compiled
def parent_codes(begins, items, ratings, positive, others, codes):  # type: ignore[no-untyped-def]
    """Put the codes of each positive item's album and artist into ``codes`` (positives, 2)."""
    marks, place = np.zeros(len(others) + 1, np.uint8), 0
    for user in range(len(begins) - 1):
        begin, end = begins[user], begins[user + 1]
        for entry in range(begin, end):
            marks[items[entry]] = ratings[entry] + 1
        for entry in range(begin, end):
            if ratings[entry] >= positive:
                codes[place, 0], codes[place, 1] = (
                    marks[others[items[entry], 0]],
                    marks[others[items[entry], 1]],
                )
                place += 1
        for entry in range(begin, end):
            marks[items[entry]] = 0


@compiled
def hard_negatives(  # type: ignore[no-untyped-def]
    draws, begins, items, ratings, counts, others, users, vectors, biases, weights, like_threshold
):
    """Choose the unrated item with the highest score from each row of ``draws``, -1 for none.

    ``counts`` (users) is the number of rows of each user, ``vectors`` are the items' sums over the taxonomy.
    Return ``chosen`` (rows) and the codes of its album and artist (rows, 2).
    """
    marks = np.zeros(len(others) + 1, np.uint8)
    chosen, codes, place = np.empty(len(draws), np.int32), np.zeros((len(draws), 2), np.uint8), 0
    for user in range(len(counts)):
        taste = users[user]
        for entry in range(begins[user], begins[user + 1]):
            marks[items[entry]] = ratings[entry] + 1
        for row in range(place, place + counts[user]):
            chosen[row], highest = -1, np.float32(0.0)
            for item in draws[row]:
                if marks[item]:
                    continue
                album, artist, vector = marks[others[item, 0]], marks[others[item, 1]], vectors[item]
                score = biases[item] + history_score(album, artist, weights, like_threshold)
                for factor in range(len(taste)):
                    score += taste[factor] * vector[factor]
                if chosen[row] < 0 or score > highest:
                    chosen[row], highest = item, score
                    codes[row, 0], codes[row, 1] = album, artist
        place += counts[user]
        for entry in range(begins[user], begins[user + 1]):
            marks[items[entry]] = 0
    return chosen, codes


@compiled
def history_score(album, artist, weights, like_threshold):  # type: ignore[no-untyped-def]
    """Score an item by the codes of the user's ratings of its album and artist."""
    score = np.float32(0.0)
    if album:
        score += weights[0] * np.float32(0.01) * (album - 1) + (weights[1] if album > like_threshold else 0)
    if artist:
        score += weights[2] * np.float32(0.01) * (artist - 1) + (weights[3] if artist > like_threshold else 0)
    return score


@compiled
def descend(  # type: ignore[no-untyped-def]
    order, owners, liked, liked_codes, shares, chosen, codes, parents,
    users, own, parent, biases, weights, like_threshold, step, l2
):  # fmt: skip
    """Take one gradient step per comparison in ``order``, updating ``users`` to ``weights`` in place.

    Minimise ``share * log(1 + exp(s(j) - s(i)))`` with an L2 penalty of ``l2`` / 2 on all that it reads.
    Return the sums of the losses and of the shares.
    """
    absent, l2, step = len(parents), np.float32(l2), np.float32(step)
    shrink = np.float32(1.0) - step * l2
    history, loss, total = np.empty(4, np.float32), 0.0, 0.0
    for place in order:
        i, j = liked[place], chosen[place]
        if j < 0:
            continue
        taste, i_own, j_own = users[owners[place]], own[i], own[j]
        i_album, i_artist = parent[parents[i, 0]], parent[parents[i, 1]]
        j_album, j_artist = parent[parents[j, 0]], parent[parents[j, 1]]
        history_difference(liked_codes[place], codes[place], like_threshold, history)
        margin = biases[i] - biases[j]
        for number in range(4):
            margin += weights[number] * history[number]
        for factor in range(len(taste)):
            margin += taste[factor] * (
                (i_own[factor] + i_album[factor] + i_artist[factor])
                - (j_own[factor] + j_album[factor] + j_artist[factor])
            )
        odds, share = np.exp(np.float32(min(-margin, 40.0))), shares[place]
        loss += share * np.log1p(odds)
        total += share
        pull = step * share * (odds / (np.float32(1.0) + odds))
        biases[i] = biases[i] * shrink + pull
        biases[j] = biases[j] * shrink - pull
        for number in range(4):
            weights[number] = weights[number] * shrink + pull * history[number]
        for factor in range(len(taste)):
            here = i_own[factor] + i_album[factor] + i_artist[factor]
            there = j_own[factor] + j_album[factor] + j_artist[factor]
            push = pull * taste[factor]
            taste[factor] = taste[factor] * shrink + pull * (here - there)
            i_own[factor] = i_own[factor] * shrink + push
            i_album[factor] = i_album[factor] * shrink + push
            i_artist[factor] = i_artist[factor] * shrink + push
            j_own[factor] = j_own[factor] * shrink - push
            j_album[factor] = j_album[factor] * shrink - push
            j_artist[factor] = j_artist[factor] * shrink - push
        parent[absent] = 0  # "no parent" stays zero
    return loss, total


@compiled
def history_difference(liked, other, like_threshold, history):  # type: ignore[no-untyped-def]
    """Put the four history features of one item, less those of another, into ``history``."""
    for level in range(2):
        here, there = liked[level], other[level]
        rating = np.float32(max(here, 1)) - np.float32(max(there, 1))
        history[2 * level] = np.float32(0.01) * rating
        history[2 * level + 1] = np.float32(here > like_threshold) - np.float32(there > like_threshold)
