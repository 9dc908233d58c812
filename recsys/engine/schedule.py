"""Run the steps of a plan as their inputs become ready: SQL side by side, learners one at a time."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter

from recsys.backends.database import Database
from recsys.engine.manifest import Record
from recsys.engine.plan import Step

POLL_SECONDS = 0.1

Work = Callable[[Step, Database], list[Record]]


class Schedule:
    """Run one plan over several connections to the same private database.

    A single SQL statement rarely keeps all cores busy, so one runs per connection. Among ready steps, the one
    with the longest chain of waiting steps goes first, by expected ``seconds``. A learner runs alone, on the
    main thread, where libraries may set signal handlers.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        parents: Mapping[str, Sequence[str]],
        seconds: Mapping[str, float],
        databases: Sequence[Database],
    ) -> None:
        self.steps = {step.name: step for step in steps if step.runs}
        before = {name: _nearest(name, parents, self.steps) for name in self.steps}
        chains = _chains(before, seconds)
        self.order = sorted(self.steps, key=chains.__getitem__, reverse=True)
        self.sorter = TopologicalSorter(before)
        self.idle = list(databases)
        self.ready: list[str] = []
        self.running: dict[Future[list[Record]], tuple[Step, Database]] = {}

    def run(
        self,
        work: Work,
        started: Callable[[Step], None],
        finished: Callable[[Step, list[Record]], None],
        advanced: Callable[[float, str], None],
    ) -> None:
        """Run all steps; on the first error, interrupt the others and raise it.

        Parameters
        ----------
        work : callable
            ``work(step, database) -> records``.
        started, finished, advanced : callable
            Report the start of a step, its records, and the share of the running statements.
        """
        self.sorter.prepare()
        with ThreadPoolExecutor(len(self.idle)) as pool:
            try:
                while self.sorter.is_active():
                    self._update_ready()
                    self._start(pool, work, started)
                    for step, made in self._done(work, started, advanced):
                        finished(step, made)
                        self.sorter.done(step.name)
            except BaseException:
                for _, database in self.running.values():
                    database.interrupt()
                raise

    def _update_ready(self) -> None:
        self.ready.extend(self.sorter.get_ready())
        self.ready.sort(key=self.order.index)

    def _start(self, pool: ThreadPoolExecutor, work: Work, started: Callable[[Step], None]) -> None:
        for name in [name for name in self.ready if not self._is_learner(name)][: len(self.idle)]:
            self.ready.remove(name)
            step, database = self.steps[name], self.idle.pop()
            started(step)
            self.running[pool.submit(work, step, database)] = step, database

    def _done(
        self, work: Work, started: Callable[[Step], None], advanced: Callable[[float, str], None]
    ) -> list[tuple[Step, list[Record]]]:
        """Return the tasks that finished within a moment; run a learner if nothing else is running."""
        if not self.running:
            step = self.steps[self.ready.pop(0)]
            started(step)
            return [(step, work(step, self.idle[-1]))]
        futures, _ = wait(self.running, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
        advanced(max(database.progress() for _, database in self.running.values()), "")
        done = []
        for future in futures:
            step, database = self.running[future]
            made = future.result()
            del self.running[future]
            self.idle.append(database)
            done.append((step, made))
        return done

    def _is_learner(self, name: str) -> bool:
        return self.steps[name].rendered.takes_all_threads


def _nearest(name: str, parents: Mapping[str, Sequence[str]], running: Container[str]) -> list[str]:
    """Return the running steps that a step depends on, directly or through kept relations such as views."""
    found, seen, waiting = list[str](), set[str](), [*parents[name]]
    while waiting:
        parent = waiting.pop()
        if parent in running:
            found.append(parent)
        elif parent not in seen:
            seen.add(parent)
            waiting.extend(parents.get(parent, ()))
    return found


def _chains(parents: Mapping[str, Sequence[str]], seconds: Mapping[str, float]) -> dict[str, float]:
    """Return, for each step, its seconds plus those of the longest chain of steps that wait for it."""
    waiting = dict.fromkeys(parents, 0.0)
    chains = {}
    for name in reversed([*TopologicalSorter(parents).static_order()]):
        chains[name] = seconds[name] + waiting[name]
        for parent in parents[name]:
            waiting[parent] = max(waiting[parent], chains[name])
    return chains
