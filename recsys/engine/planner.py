"""Decide what a build runs, keeps and leaves out, from the records of the published warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from recsys.engine.availability import exclude, is_consequence, leave_out, of_models
from recsys.engine.fingerprint import Fingerprint
from recsys.engine.job import Job
from recsys.engine.manifest import Record
from recsys.engine.plan import Step, plan
from recsys.engine.selection import select

# Estimates before the first build.
SECONDS_OF_A_MODEL, SECONDS_OF_A_LEARNER, BYTES_READ_A_SECOND = 0.1, 2.0, 50e6


@dataclass(frozen=True)
class Plan:
    """Hold the steps of a build in order, and the relations of the warehouse to drop."""

    steps: list[Step]
    dropped: list[str]

    @property
    def changes(self) -> bool:
        """Return whether the plan runs or drops anything."""
        return bool(self.dropped) or any(step.runs for step in self.steps)


class Planner:
    """Plan one build.

    ``records`` describe the relations of the private copy of the warehouse and change as models run;
    ``left_out`` holds the reasons for the models that are no part of the build.
    """

    def __init__(self, job: Job) -> None:
        self.job, self.options, self.project = job, job.options, job.project
        published = job.engine.kept(self.options.warehouse)
        self._seconds = {name: record.seconds for name, record in published.items()}
        self.records: dict[str, Record] = {} if self.options.full_refresh else published
        self.left_out: dict[str, str] = {}
        options = self.options
        self._report(leave_out(self.project, job.files, options.sql_only, options.unwanted, options.paper))

    def plan(self) -> Plan:
        """Return the steps for the models that are enabled now."""
        graph, chosen = self.project.graph(), self.options.selected
        selected = select(self.project, graph, chosen) if chosen else None
        forced, renewed = self.options.full_refresh, self.job.build_id if self.options.tune else ""
        steps = plan(self.project, graph, self.job.files, self._built(), selected, forced, renewed)
        kept = [step.rendered.model for step in steps if not self._becomes_temporary(step)]
        current = {relation for model in kept for relation in model.relations}
        return Plan(steps, [] if chosen else sorted(self.records.keys() - current))

    def without(self, reasons: Mapping[str, str]) -> Plan:
        """Leave models out, with those that read them, and plan again."""
        self._report(exclude(self.project, reasons))
        return self.plan()

    def stale(self) -> tuple[str, ...]:
        """Return stored relations that were not selected although a full build would rebuild them."""
        if not self.options.selected:
            return ()
        built = self._built()
        steps = plan(self.project, self.project.graph(), self.job.files, built)
        return tuple(step.name for step in steps if step.runs and step.name in built)

    def expected_seconds(self, plan: Plan) -> dict[str, float]:
        """Return the expected seconds of each step of a plan."""
        return {step.name: self.seconds(step) for step in plan.steps}

    def seconds(self, step: Step) -> float:
        """Return a step's seconds in the previous build, else an estimate from its kind and its files."""
        if step.name in self._seconds:
            return self._seconds[step.name]
        bytes_read = sum(self.job.files[source].byte_count for source in step.rendered.sources)
        call = step.rendered.call
        fixed = SECONDS_OF_A_LEARNER if call is not None and call.is_learner else SECONDS_OF_A_MODEL
        return fixed + bytes_read / BYTES_READ_A_SECOND

    def _built(self) -> dict[str, Fingerprint]:
        return {name: record.fingerprint for name, record in self.records.items()}

    def _report(self, reasons: Mapping[str, str]) -> None:
        """Record what is left out, and report it by reason, unless the user asked for it.

        A reason names the list models and models of test items, and others only if it has none of these.
        """
        self.left_out |= reasons
        if self.options.sql_only or self.options.unwanted or self.options.paper:
            return
        named = of_models(self.project, self.left_out)
        models: dict[str, list[str]] = {}
        for name, reason in reasons.items():
            if name in named:
                models.setdefault(named[name], []).append(name)
            elif not is_consequence(reason) and reason not in named.values():
                models.setdefault(reason, []).append(name)
        for reason, names in models.items():
            self.job.reporter.left_out(sorted(names), reason)

    def _becomes_temporary(self, step: Step) -> bool:
        """Return whether a stored relation becomes temporary, to be rebuilt for each reader."""
        built = self.records.get(step.name)
        is_temporary = step.rendered.model.materialized == "temp"
        return is_temporary and built is not None and built.kind in ("table", "view")
