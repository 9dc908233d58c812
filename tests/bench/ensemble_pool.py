"""Blends of simulated pools of submissions, whose truth is known; and the time that a large pool takes.

    python -m tests.bench.ensemble_pool [--seeds 20] [--users 5000] [--submissions 60]

prints, for each seed and on average, the accuracy of the best submission, the plain vote, the log-odds vote
and least squares, the latter also at the ridge that is best in hindsight. Exit status 1 if least squares
does not beat the best submission and the plain vote on average, or ever misses the best ridge by over .015.
Then 100 submissions of 120,000 rows are read, blended and written.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from recsys.learners.ensembles import weights
from recsys.learners.ensembles.blend import blend
from recsys.learners.ensembles.pool import Input, Pool, rounding_error
from recsys.learners.ensembles.within_user import Array, Users
from recsys.sources.candidates import Candidates
from tests.bench.measure import MEBIBYTE, Contestant, measure

SIZE = 6  # candidates a user
DECIMALS = 3
TOLERANCE = 0.015  # accuracy that the cautious ridge may give away against the best in hindsight


@dataclass(frozen=True)
class Simulation:
    """Candidates with ``truth`` (candidates) in {-1, 1} and ``scores`` (candidates, submissions)."""

    candidates: Candidates
    users: Users
    truth: Array
    scores: Array

    def accuracy(self, score: Array) -> float:
        return float(np.mean(self.users.halves(score) == self.truth))

    @property
    def published(self) -> Array:
        """The accuracies of the submissions as a leaderboard shows them."""
        return np.round([self.accuracy(column) for column in self.scores.T], DECIMALS)

    def pool(self, as_marks: bool = True) -> Pool:
        """The submissions as marks, or as scores."""
        published = self.published
        error = rounding_error(published)
        inputs = [
            Input(f"{k:03}.csv", "submission", accuracy, error, "published")
            for k, accuracy in enumerate(published.tolist())
        ]
        return Pool.of(self.users, inputs, self.marks.T if as_marks else self.scores.T)

    @property
    def marks(self) -> Array:
        return np.array([(self.users.halves(column) + 1) / 2 for column in self.scores.T]).T


def simulate(seed: int, users: int, submissions: int, families: int = 8, contrary: int = 3) -> Simulation:
    """A pool as a course leaves it behind: everybody starts from one good score, and tunes copies of it.

    A score is the truth, an error that all share, one of the family and one of its own, which is tiny for
    most; some users are harder than others. A few ``contrary`` submissions point the wrong way.
    """
    random = np.random.default_rng(seed)
    rows = users * SIZE
    user_id = np.repeat(random.permutation(4 * users)[:users], SIZE)
    track_id = np.concatenate([random.choice(10**5, SIZE, replace=False) for _ in range(users)])
    candidates = Candidates(user_id, track_id)
    grouped = Users(user_id, track_id)
    truth = grouped.halves(random.normal(size=rows))
    hardness = np.repeat(random.lognormal(0, 0.4, users), SIZE)

    def noise() -> Array:
        return hardness * random.normal(size=rows)

    common = 0.9 * truth + 0.6 * noise()
    bases = [
        common + random.uniform(-0.15, 0.1) * truth + random.uniform(0.05, 0.25) * noise()
        for _ in range(families)
    ]
    own = random.choice([0.003, 0.02, 0.08], submissions)
    scores = [bases[random.integers(families)] + size * noise() for size in own]
    scores[:contrary] = [random.normal(size=rows) - 0.3 * truth for _ in range(contrary)]
    return Simulation(candidates, grouped, truth, np.array(scores).T)


@dataclass(frozen=True)
class Comparison:
    """Accuracies of one simulated pool; ``correlation`` is the median over pairs of submissions."""

    correlation: float
    best_single: float
    plain_vote: float
    log_odds_vote: float
    least_squares: float
    best_ridge: float
    expected: float
    uncertainty: float


def compare(simulation: Simulation, as_marks: bool = True) -> Comparison:
    pool = simulation.pool(as_marks)
    gram = weights.gram(pool.users, pool.levels)
    blended = blend(pool)

    def accuracy(weighting: Array) -> float:
        return simulation.accuracy(weights.combine(pool.users, pool.levels, weights.rounded(weighting)))

    hindsight = [accuracy(weights.least_squares(gram, pool.moments, ridge)) for ridge in weights.RIDGES]
    return Comparison(
        correlation=_median_correlation(gram),
        best_single=float(simulation.published.max()),
        plain_vote=accuracy(np.ones(len(gram))),
        log_odds_vote=simulation.accuracy(blend(pool, "vote").score),
        least_squares=simulation.accuracy(blended.score),
        best_ridge=max(hindsight),
        expected=blended.accuracy,
        uncertainty=blended.uncertainty,
    )


def _median_correlation(gram: Array) -> float:
    spread = np.sqrt(np.diag(gram))
    pairs: NDArray[np.bool_] = np.triu(np.ones_like(gram, bool), 1)
    return float(np.median((gram / np.outer(spread, spread))[pairs]))


def show(console: Console, title: str, comparisons: list[Comparison]) -> Comparison:
    """A row a seed and the mean, which is returned."""
    names = [*vars(comparisons[0])]
    table = Table("seed", *(name.replace("_", " ") for name in names), title=title)
    for seed, comparison in enumerate(comparisons):
        table.add_row(str(seed), *(f"{value:.4f}" for value in vars(comparison).values()))
    figures = np.array([[*vars(comparison).values()] for comparison in comparisons])
    mean = Comparison(*figures.mean(axis=0).tolist())
    table.add_section()
    table.add_row("mean", *(f"{value:.4f}" for value in vars(mean).values()))
    console.print(table)
    return mean


def is_good(comparisons: list[Comparison], mean: Comparison) -> bool:
    """Whether least squares beats the best submission and the plain vote, and gives little away to the best ridge."""
    misses = [each.best_ridge - each.least_squares for each in comparisons]
    return mean.least_squares > max(mean.best_single, mean.plain_vote) and max(misses) <= TOLERANCE


def write(simulation: Simulation, folder: Path, as_marks: bool = True) -> None:
    """The pool as files: ``submissions/``, ``scores.csv`` and ``testItem2.txt``."""
    (folder / "submissions").mkdir(parents=True)
    candidates = simulation.candidates
    tracks = candidates.track_id.reshape(-1, SIZE).tolist()
    users = zip(candidates.user_id[::SIZE].tolist(), tracks, strict=True)
    blocks = ["\n".join(map(str, [f"{user}|{SIZE}", *tracks])) for user, tracks in users]
    (folder / "testItem2.txt").write_text("\n".join(blocks) + "\n")
    ids = candidates.ids.to_pylist()
    values = simulation.marks.astype(int) if as_marks else simulation.scores.round(6)
    scores = ["file,score"]
    for k, published in enumerate(simulation.published):
        rows = [f"{name},{value}" for name, value in zip(ids, values[:, k].tolist(), strict=True)]
        (folder / "submissions" / f"{k:03}.csv").write_text("\n".join(["TrackID,Predictor", *rows]) + "\n")
        scores.append(f"{k:03}.csv,{published:.{DECIMALS}f}")
    (folder / "scores.csv").write_text("\n".join(scores) + "\n")


RUN = """
import sys
from pathlib import Path
from recsys.learners.ensembles.files import run
folder = Path(sys.argv[1])
run(folder / "submissions", folder / "scores.csv", folder / "testItem2.txt", folder / "out" / "blend.csv")
"""


def time_files(console: Console, users: int, submissions: int) -> None:
    """Reads, blends and writes a pool of marks and one of scores, each in a process of its own."""
    simulation = simulate(0, users, submissions)
    for form in ("marks", "scores"):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write(simulation, folder / "pool", as_marks=form == "marks")
            command = [sys.executable, "-c", RUN, str(folder / "pool")]
            taken = measure(Contestant(form, command, folder / "pool" / "out"))
        console.print(
            f"{submissions} submissions of {users * SIZE:,} {form} read, blended and written: "
            f"{taken.seconds:.1f} s, {taken.peak_bytes / MEBIBYTE:,.0f} MiB"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--users", type=int, default=5000)
    parser.add_argument("--submissions", type=int, default=60)
    arguments = parser.parse_args()
    console = Console(width=140)
    good = True
    for form in ("marks", "scores"):
        pools = (simulate(seed, arguments.users, arguments.submissions) for seed in range(arguments.seeds))
        comparisons = [compare(pool, form == "marks") for pool in pools]
        title = f"{arguments.submissions} submissions of {form} for {arguments.users:,} users"
        good &= is_good(comparisons, show(console, title, comparisons))
    time_files(console, users=20_000, submissions=100)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
