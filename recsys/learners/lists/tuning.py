"""Choose hyperparameters and the model of lists on a validation split, within a budget of seconds.

Every model is fitted on the split's training part alone. Searches of the models take turns, one trial each,
the defaults first; models that are far behind stop early. Where there are many users, searches see some of
them first, and only the best parameters of each model that is not far behind are tried with all (successive
halving: Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization",
AISTATS 2016). Then the best iALS is tried with more factors as long as these bring enough, and blends of the
best models are judged. A search ends where it gains nothing. A given number of trials always gives the same
result; a budget only ends it sooner.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Generator, Mapping
from dataclasses import dataclass, field

import numpy as np

from recsys.evaluation import ranking
from recsys.learners.lists import counts
from recsys.learners.lists.competition import Competing
from recsys.learners.lists.families import FAMILIES, Parameters, Workshop, start, usable
from recsys.learners.lists.model import ListModel
from recsys.learners.lists.search import GAIN, climb
from recsys.learners.lists.split import Split
from recsys.learners.lists.top import gathered, top

K = 10  # length of the lists that are judged
FAR_BEHIND = 0.85  # of the best model's NDCG: a model below it takes no part in blends
HOPES = ((6, FAR_BEHIND), (4, 0.75), (2, 0.4))  # trials of a model, and the share of the best NDCG that it
# must have by then to be searched further: its defaults may be far from its best
TRIALS = 80  # most trials of a search, whatever its budget
_REFINED_SHARE = 0.7  # of the budget, after which only larger factors and blends are tried
_FIRST_SHARE = 0.5  # of the budget, for searches with some of the users
WORTH = (0.0, 0.002, 0.01)  # gain that the costly variant before must have had, for each one to be tried


@dataclass(frozen=True)
class Trial:
    """One judged fit: hyperparameters, and the mean NDCG@10 of validation users.

    ``users`` have the histories that it was fitted to: all users, or some of them in the first stage of a
    search.
    """

    model: str
    parameters: Parameters
    ndcg: float
    users: int

    @property
    def key(self) -> tuple[str, str]:
        """Model and hyperparameters, to be compared."""
        return self.model, json.dumps(self.parameters, sort_keys=True)


@dataclass(frozen=True)
class Tuning:
    """Hold the result of a search.

    Parameters
    ----------
    trials : tuple of Trial
        In the order in which they were made.
    parameters : mapping of model name to Parameters
        The best of each model; of ``blend``: the weight of each part.
    """

    trials: tuple[Trial, ...]
    parameters: Mapping[str, Parameters]


def tune(
    split: Split,
    seconds: float = 60.0,
    threads: int = 2,
    trials: int = TRIALS,
    known: Mapping[str, Parameters] | None = None,
    families: Collection[str] | None = None,
    first: Split | None = None,
) -> Tuning:
    """Search hyperparameters of every model that the data allow, and weights of their blend.

    Parameters
    ----------
    split : Split
        Validation split; a split without users judges nothing and keeps the defaults.
    seconds : float
        Budget. Counts the smaller of wall-clock time and processor time, so that other work on the machine
        does not shorten the search. 0 judges the defaults only.
    threads : int
        Threads of each fit; they do not change results.
    trials : int
        Most trials.
    known : mapping of model name to Parameters, optional
        Where to start: what an earlier build found.
    families : collection of str, optional
        Families that are searched. Default: all that the data allow.
    first : Split, optional
        A split of some of the users, which the searches see; ``split`` then judges what they found.

    Returns
    -------
    Tuning
    """
    possible = usable(split.training)
    names = [name for name in possible if families is None or name in families]
    clock, searched = _Clock(seconds), None
    if first is not None and seconds > 0:
        searched = _Search(first, threads, clock, trials, known or {}, names, _FIRST_SHARE)
        searched.judge_popularity()
        searched.take_turns()
    search = _Search(split, threads, clock, trials, known or {}, names)
    search.judge_popularity()
    if searched is None:
        search.take_turns()
    else:
        search.confirm(searched)
    search.refine()
    search.blend()
    return search.result()


class _Clock:
    """Time spent since the start, by wall clock or processor, whichever is less."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.begun = time.monotonic(), time.process_time()

    @property
    def spent(self) -> float:
        return min(time.monotonic() - self.begun[0], time.process_time() - self.begun[1])

    def has_left(self, share: float = 1.0) -> bool:
        return self.spent < share * self.seconds


@dataclass
class _Search:
    """Trials so far, and the best fit of each model on the training part."""

    split: Split
    threads: int
    clock: _Clock
    most: int
    known: Mapping[str, Parameters]
    names: list[str]
    share: float = _REFINED_SHARE
    before: tuple[Trial, ...] = ()
    behind: dict[str, Parameters] = field(default_factory=dict)
    trials: list[Trial] = field(default_factory=list)
    best: dict[str, Trial] = field(default_factory=dict)
    models: dict[str, ListModel] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.workshop = Workshop(self.split.training, threads=self.threads)
        self.histories = self.split.histories
        self.likes = self.split.training.like_counts

    def judge_popularity(self) -> None:
        """Judge the number of likes, which has no hyperparameters."""
        self._judge("popularity", {}, counts.popularity(self.split.training))

    def take_turns(self) -> None:
        """Let the searches of the families take turns until all have ended or the budget is spent."""
        searches: dict[str, Generator[Parameters, float, None]] = {}
        points: dict[str, Parameters] = {}
        for name in self.names:
            searches[name], points[name] = self._search(name)
        is_first = True
        while searches:
            for name in list(searches):
                if not is_first and not self._goes_on(name):
                    del searches[name]
                    continue
                try:
                    points[name] = searches[name].send(self.attempt(name, points[name]).ndcg)
                except StopIteration:
                    del searches[name]
            is_first = False

    def _search(self, name: str) -> tuple[Generator[Parameters, float, None], Parameters]:
        family, data = FAMILIES[name], self.split.training
        axes = family.axes(data)
        begin = {**start(family, data), **self.known.get(name, {})}
        begin |= {k: v for k, v in start(family, data).items() if k in ("factors", "epochs")}
        found = climb(begin, axes, stride=1 if name in self.known else 2)
        return found, next(found)

    def _goes_on(self, name: str) -> bool:
        made = sum(trial.model == name for trial in self.trials)
        needed = next((share for trials, share in HOPES if made >= trials), 0.0)
        is_worth_it = FAMILIES[name].is_fallback or self._close(name, needed)
        return is_worth_it and self.clock.has_left(self.share) and len(self.trials) < self.most

    def confirm(self, searched: _Search) -> None:
        """Judge the best parameters that searches with some of the users found, the best models first."""
        found = {name: trial for name, trial in searched.best.items() if name in self.names}
        for name in sorted(found, key=lambda name: -found[name].ndcg):
            if searched._close(name) or FAMILIES[name].is_fallback:
                self.attempt(name, found[name].parameters)
                self._grow(name)
            else:
                self.behind[name] = found[name].parameters
        again = {trial.key for trial in self.trials}
        self.before = tuple(trial for trial in searched.trials if trial.key not in again)

    def _grow(self, name: str) -> None:
        """Try higher values of the axis that grows with the number of users, as long as each is better."""
        for axis in FAMILIES[name].axes(self.split.training):
            if axis.name == FAMILIES[name].grows:
                while self._close(name) and self.clock.has_left(self.share):
                    before = self.best[name]
                    point = axis.moved(before.parameters, 1)
                    if point is None or not self._gains(self.attempt(name, point), before):
                        break

    def refine(self) -> None:
        """Try the costly variants of each model that is not far behind, as long as each brings enough."""
        for name in list(self.best):
            gain = np.inf
            for worth, further in zip(
                WORTH, FAMILIES[name].refined if name in FAMILIES else (), strict=False
            ):
                before = self.best[name]
                if gain < worth or not self.clock.has_left(0.9) or not self._close(name):
                    break
                made = self.attempt(name, {**before.parameters, **further}, GAIN)
                gain = made.ndcg / before.ndcg - 1 if before.ndcg else 0.0
                if not self._gains(made, before):
                    break

    @staticmethod
    def _gains(made: Trial, before: Trial) -> bool:
        return made.ndcg > before.ndcg * (1 + GAIN)

    def _close(self, name: str, share: float = FAR_BEHIND) -> bool:
        return self.best[name].ndcg >= share * max(t.ndcg for t in self.best.values())

    def attempt(self, name: str, parameters: Parameters, gain: float = 0.0) -> Trial:
        """Fit a model on the training part and judge it; it is the best of its name from ``gain`` on."""
        try:
            model = FAMILIES[name].fit(self.workshop, parameters)
        except np.linalg.LinAlgError:  # too small a penalty for this input: the worst that can be
            return self._keep(name, parameters, None, gain)
        return self._judge(name, parameters, model, gain)

    def _judge(self, name: str, parameters: Parameters, model: ListModel, gain: float = 0.0) -> Trial:
        """Judge a fitted model on the validation users; keep it where it is the best of its name."""
        lists = top(model, self.histories, self.likes, K, self.threads)
        items, _ = gathered(lists, self.histories.user_count, K)
        trial = self._keep(name, parameters, items, gain)
        if self.best[name] is trial:
            self.models[name] = model
        return trial

    def _keep(self, name: str, parameters: Parameters, lists: np.ndarray | None, gain: float = 0.0) -> Trial:
        """Record a trial by its lists (validation users, K); None stands for lists without a hit."""
        ndcg = 0.0 if lists is None else _mean_ndcg(lists, self.split)
        trial = Trial(name, parameters, ndcg, self.split.training.user_count)
        self.trials.append(trial)
        if name not in self.best or ndcg > self.best[name].ndcg * (1 + gain):
            self.best[name] = trial
        return trial

    def blend(self) -> None:
        """Judge blends of the models that are not far behind: add one after the other while it helps."""
        names = sorted((n for n in self.models if self._close(n)), key=lambda n: -self.best[n].ndcg)
        if len(names) < 2 or not len(self.split.rows):
            return
        parts = Competing.of({name: self.models[name] for name in names}, self.histories, self.threads)
        weights = parts.best_weights(names, self.split, K)
        if len(weights) > 1:
            self._keep("blend", weights, parts.lists(weights, K))

    def result(self) -> Tuning:
        """Return what was found."""
        chosen = {**self.behind, **{name: trial.parameters for name, trial in self.best.items()}}
        return Tuning((*self.before, *self.trials), chosen)


def _mean_ndcg(lists: np.ndarray, split: Split) -> float:
    """Return the mean NDCG of lists over the users that can be judged; 0 where there are none."""
    found = ranking.judged(ranking.by_user(lists, split.held_out, K)["ndcg"])
    return float(found.mean()) if len(found) else 0.0
