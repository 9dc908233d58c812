"""The two loops of `taxonomy_factors`, compiled: drawing items to compare with, and the descent itself.

Arrays are as `Taxonomy`, `Histories` and `Factors` describe them. Each loop runs in one thread and one order,
so that a seed gives the same factors on any number of threads. A code is a user's rating + 1, 0 for none, and
``like_threshold`` the rating from which on an album or artist is a liked one.
"""

from __future__ import annotations

import numpy as np

from recsys.learners.common.compiled import compiled


@compiled
def histories(begins, items, ratings, positive, others, codes):  # type: ignore[no-untyped-def]
    """Put into ``codes`` (positives, 2) those of the user's ratings of each liked item's album and artist."""
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
def choose(  # type: ignore[no-untyped-def]
    draws, begins, items, ratings, counts, others, users, vectors, biases, weights, like_threshold
):
    """Of each row of ``draws`` the item of the highest score that the user never rated; -1 if there is none.

    ``counts`` (users) say how many rows each user has, ``vectors`` are the items' sums over the taxonomy.
    Returns ``chosen`` (rows) and the codes of the user's ratings of its album and artist (rows, 2).
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
                score = biases[item] + told(album, artist, weights, like_threshold)
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
def told(album, artist, weights, like_threshold):  # type: ignore[no-untyped-def]
    """What the codes of a user's ratings of an item's album and artist add to its score."""
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
    """One pass over the comparisons in ``order``, which changes ``users`` to ``weights`` in place.

    Minimises ``share * log(1 + exp(s(j) - s(i)))`` and ``l2`` / 2 of the squares of all that it reads.
    Returns the sums of the losses and of the shares.
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
        contrast(liked_codes[place], codes[place], like_threshold, history)
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
        parent[absent] = 0  # what stands for no parent stays nothing
    return loss, total


@compiled
def contrast(liked, other, like_threshold, history):  # type: ignore[no-untyped-def]
    """The four history features of one item less those of another."""
    for level in range(2):
        here, there = liked[level], other[level]
        rating = np.float32(max(here, 1)) - np.float32(max(there, 1))
        history[2 * level] = np.float32(0.01) * rating
        history[2 * level + 1] = np.float32(here > like_threshold) - np.float32(there > like_threshold)
