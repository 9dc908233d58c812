"""Run a plan in a private copy of the warehouse, and publish the result."""

from __future__ import annotations

from recsys.backends.database import Database, EngineError
from recsys.backends.duckdb.statements import first_line
from recsys.backends.spark import session as spark_session
from recsys.engine.availability import counterparts
from recsys.engine.job import Job
from recsys.engine.manifest import Record
from recsys.engine.plan import Step
from recsys.engine.planner import Plan, Planner
from recsys.engine.record_writer import write_records
from recsys.engine.runner import LearnerUnavailable
from recsys.engine.schedule import Schedule
from recsys.errors import BuildError

MOST_AT_A_TIME = 4  # statements in parallel, each on all threads


class Executor:
    """Run the plans of one build; ``ran`` holds the models that ran so far."""

    def __init__(self, job: Job, planner: Planner) -> None:
        self.job, self.planner, self.project = job, planner, job.project
        self.ran: list[str] = []
        self.readers: dict[str, set[str]] = {}  # steps that still read a temporary relation

    def execute(self, plan: Plan) -> None:
        """Run the steps, write the records, and publish the warehouse.

        A learner that this machine cannot run is left out, and the rest is planned again.

        Raises
        ------
        InputError, UsageError
            The input is wrong, or the machine lacks what the build needs.
        BuildError
            A model failed, or the warehouse cannot be written.
        """
        self._check(plan)
        job = self.job
        if self.planner.records:
            job.workplace.start_from_published()
        database = job.engine.open(job.workplace, job.context(), self.planner.records)
        try:
            self._prepare(database, plan)
            while (failed := self._run(database, plan)) is not None:
                plan = self.planner.without(failed)
                job.reporter.planned(plan.steps, plan.dropped, self.planner.expected_seconds(plan))
                self._prepare(database, plan)
            write_records(database, job, self.planner.records, self.planner.left_out)
            database.flush()
        except EngineError as error:
            raise BuildError(f"the warehouse could not be written: {first_line(error)}") from None
        finally:
            database.close()
        spark_session.stop()
        job.workplace.publish()

    def _check(self, plan: Plan) -> None:
        """Refuse models that are no single query before anything runs."""
        runner = self.job.runner()
        for step in plan.steps:
            if step.runs:
                runner.check(step.rendered)

    def _prepare(self, database: Database, plan: Plan) -> None:
        database.prepare(self.project.layers)
        for relation in plan.dropped:
            database.drop(relation)
            del self.planner.records[relation]

    def _run(self, database: Database, plan: Plan) -> dict[str, str] | None:
        """Run the steps; stop at a learner that this machine cannot run and return it with the reason."""
        count = min(self.job.options.limits.threads, MOST_AT_A_TIME)
        databases = [database.variant() for _ in range(count)]
        parents = {step.name: self.project.parents(step.rendered) for step in plan.steps}
        seconds = self.planner.expected_seconds(plan)
        schedule = Schedule(plan.steps, parents, seconds, databases)
        self.readers = self._readers_of_temporaries(plan)
        reporter = self.job.reporter

        def finished(step: Step, made: list[Record]) -> None:
            self._finished(step, made)
            self._drop_read(step, database)

        try:
            schedule.run(self.job.runner().run, reporter.started, finished, reporter.advanced)
        except LearnerUnavailable as error:
            return {error.model: str(error), **counterparts(self.project, error.model)}
        return None

    def _finished(self, step: Step, made: list[Record]) -> None:
        self.planner.records |= {record.name: record for record in made}
        self.ran.append(step.name)
        self.job.reporter.finished(step, made[0])

    def _drop_read(self, step: Step, database: Database) -> None:
        """Drop the temporary relations that no further step of the plan reads: they take memory."""
        for name, readers in self.readers.items():
            if step.name in readers:
                readers.remove(step.name)
                if not readers:
                    for relation in self.project.models[name].relations:
                        database.drop(self.project.location(relation))

    def _readers_of_temporaries(self, plan: Plan) -> dict[str, set[str]]:
        """Return the steps that read each temporary relation of a plan, or compare their rows with it."""
        running = [step.rendered for step in plan.steps if step.runs]
        found = {one.model.name: set[str]() for one in running if one.model.materialized == "temp"}
        for rendered in running:
            compared = (self.project.writers[name].name for name in rendered.model.listed("rows"))
            for name in {*self.project.parents(rendered), *compared} & found.keys():
                found[name].add(rendered.model.name)
        return found
