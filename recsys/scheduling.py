"""Runs the steps of a plan as their inputs get ready: SQL models side by side, learners one at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter

from recsys.planning import Step
from recsys.record import Record
from recsys.warehouse import POLL_SECONDS, Writer

Work = Callable[[Step, Writer], list[Record]]


class Schedule:
    """The running steps of one plan, over a few connections to the same private database.

    A single SQL statement seldom keeps all cores busy, so as many run at a time as there are ``writers``. A
    learner has the machine to itself, and the main thread, where libraries may set signal handlers.
    """

    def __init__(
        self, steps: Sequence[Step], parents: Mapping[str, Sequence[str]], writers: Sequence[Writer]
    ) -> None:
        self.steps = {step.name: step for step in steps if step.runs}
        self.order = list(self.steps)
        self.sorter = TopologicalSorter(
            {name: [parent for parent in parents[name] if parent in self.steps] for name in self.steps}
        )
        self.idle = list(writers)
        self.ready: list[str] = []
        self.running: dict[Future[list[Record]], tuple[Step, Writer]] = {}

    def run(
        self,
        work: Work,
        started: Callable[[Step], None],
        finished: Callable[[Step, list[Record]], None],
        advanced: Callable[[float, str], None],
    ) -> None:
        """Run everything; the first error of ``work`` ends it, when the others have been interrupted."""
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
                for _, writer in self.running.values():
                    writer.interrupt()
                raise

    def _update_ready(self) -> None:
        self.ready.extend(self.sorter.get_ready())
        self.ready.sort(key=self.order.index)

    def _start(self, pool: ThreadPoolExecutor, work: Work, started: Callable[[Step], None]) -> None:
        for name in [name for name in self.ready if not self._is_learner(name)][: len(self.idle)]:
            self.ready.remove(name)
            step, writer = self.steps[name], self.idle.pop()
            started(step)
            self.running[pool.submit(work, step, writer)] = step, writer

    def _done(
        self, work: Work, started: Callable[[Step], None], advanced: Callable[[float, str], None]
    ) -> list[tuple[Step, list[Record]]]:
        """What finished within a moment; a learner, where nothing else is to be done."""
        if not self.running:
            step = self.steps[self.ready.pop(0)]
            started(step)
            return [(step, work(step, self.idle[-1]))]
        futures, _ = wait(self.running, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
        advanced(max(writer.progress() for _, writer in self.running.values()), "")
        done = []
        for future in futures:
            step, writer = self.running[future]
            made = future.result()
            del self.running[future]
            self.idle.append(writer)
            done.append((step, made))
        return done

    def _is_learner(self, name: str) -> bool:
        call = self.steps[name].rendered.call
        return call is not None and call.is_learner
