"""Lists from the whole catalogue on real data: every model tuned on a validation split, judged on a hidden
fifth.

Of each user with at least five likes a fifth of the likes is hidden at random; the rest is all that the
models and the search of their parameters see. Everything unseen competes, hidden items without other
interactions count as misses. Usage, with Last.fm's `user_artists.dat`, MovieLens's `ratings.csv`, RecBole's
`ml-100k.inter`, or any other file of user, item, value and perhaps time with one heading line:

    python -m tests.bench.lists FILE... [--seeds 1,2,3] [--seconds 60] [--split time|random] [--trials 60]

Prints a table in Markdown: NDCG@10 of each model on validation users and on the hidden likes with its 95 %
interval, coverage, and seconds of processor time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from recsys.evaluation.bootstrap import interval
from recsys.evaluation.ranking import HeldOut, by_user, coverage, judged
from recsys.learners.lists.interactions import Interactions, positions
from recsys.learners.lists.split import split
from recsys.learners.lists.top import gathered, top
from recsys.learners.lists.tuning import TRIALS, Tuning, fit, tune

K, HIDDEN, LEAST = 10, 0.2, 5
LIKED = 0.8  # of the scale


@dataclass(frozen=True)
class Data:
    """What is left of the interactions, and the hidden likes of their users."""

    known: Interactions
    hidden: HeldOut


def main() -> None:
    """Print the table of each file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--split", choices=("time", "random"), default="time")
    parser.add_argument("--trials", type=int, default=TRIALS)
    chosen = parser.parse_args()
    print("| data | seed | model | validation | NDCG@10 | 95 % | coverage | fit s | lists s |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    for file in chosen.files:
        columns = read(file)
        for seed in map(int, chosen.seeds.split(",")):
            data = hide(columns, seed)
            begun = time.process_time()
            by_time = chosen.split == "time"
            tuning = tune(split(data.known, by_time=by_time), chosen.seconds, trials=chosen.trials)
            spent = time.process_time() - begun
            for line in judge(tuning, data):
                print(f"| {file.stem} | {seed} | {line}", flush=True)
            print(
                f"\n{file.stem}, seed {seed}: {len(tuning.trials)} trials, {spent:.0f} s; {tuning.parameters}\n"
            )


def judge(tuning: Tuning, data: Data) -> Iterator[str]:
    """Yield a row for each model, fitted on all that is known; the chosen one is marked."""
    for name in tuning.by_user:
        begun = time.process_time()
        model = fit(name, tuning.parameters, data.known)
        fitted = time.process_time()
        found = top(model, data.known, data.known.like_counts, K)
        items, _ = gathered(found, data.known.user_count, K)
        listed = time.process_time()
        values = interval(judged(by_user(items, data.hidden, K)["ndcg"]))
        validation = judged(tuning.by_user[name]["ndcg"]).mean()
        mark = " (chosen)" if name == tuning.best else ""
        yield (
            f"{name}{mark} | {validation:.4f} | {values.mean:.4f} | {values.lower:.3f}-{values.upper:.3f} | "
            f"{coverage(items, data.known.is_candidate):.3f} | {fitted - begun:.1f} | {listed - fitted:.1f} |"
        )


def read(file: Path) -> pa.Table:
    """Return the columns of `Interactions.from_table`; values with a heavy tail are counts."""
    rows = np.loadtxt(file, skiprows=_heading(file), delimiter="," if file.suffix == ".csv" else None)
    rows = rows[np.sort(np.unique(rows[:, :2], axis=0, return_index=True)[1])]
    users, items = rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64)
    times = rows[:, 3].astype(np.int64) if rows.shape[1] > 3 else np.zeros(len(rows), np.int64)
    values = rows[:, 2]
    if np.quantile(values, 0.95) > 4 * np.median(values):
        ratings = 100 * np.clip(np.log1p(values) / np.log1p(np.quantile(values, 0.99)), 0.01, 1)
        is_like = np.ones(len(rows), bool)
    else:
        low = min(values.min(), 1.0) if values.min() >= 1 else 0.0
        ratings = 100 * (values - low) / (values.max() - low)
        is_like = values >= LIKED * values.max()
    return pa.table({"user_id": users, "item_id": items, "rating": ratings, "is_like": is_like, "seq": times})


def _heading(file: Path) -> int:
    """Return the number of lines before the rows: headings and counts."""
    with file.open(encoding="utf-8", errors="replace") as stream:
        for number, line in enumerate(stream):
            words = line.replace(",", " ").split()
            if len(words) >= 3 and all(word.replace(".", "").isdigit() for word in words):
                return number
    raise SystemExit(f"Error: {file} has no rows of user, item and value")


def hide(table: pa.Table, seed: int) -> Data:
    """Hide a fifth of the likes of each user with at least five, drawn with the seed."""
    users, is_like = table["user_id"].to_numpy(), table["is_like"].to_numpy()
    rng, hidden = np.random.default_rng(seed), np.zeros(len(users), bool)
    order = np.argsort(users, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(users[order])) + 1):
        likes = rows[is_like[rows]]
        if len(likes) >= LEAST:
            hidden[rng.choice(likes, max(1, round(HIDDEN * len(likes))), replace=False)] = True
    known = Interactions.from_table(table.filter(pa.array(~hidden)))
    owners = np.searchsorted(known.user_ids, users[hidden])
    items = positions(known.item_ids, table["item_id"].to_numpy()[hidden])
    return Data(known, HeldOut.from_pairs(owners, items, known.user_count, known.item_count))


if __name__ == "__main__":
    main()
