"""Build a warehouse: plan what runs, run it in a private copy, publish the result."""

from __future__ import annotations

import contextlib
import tempfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from recsys.backends.database import Database, EngineError, Limits, Size
from recsys.backends.duckdb.statements import first_line
from recsys.backends.spark import session as spark_session
from recsys.engine import additions, manifest, query_templates
from recsys.engine.availability import counterparts, exclude, leave_out
from recsys.engine.manifest import Record
from recsys.engine.plan import Step, plan, select
from recsys.engine.publish import Workplace
from recsys.engine.runner import LearnerUnavailable, Runner
from recsys.engine.schedule import Schedule
from recsys.engine.targets import engine, require_spark
from recsys.errors import BuildError, UsageError
from recsys.project import Project
from recsys.project.contract import Context
from recsys.sources import parquet
from recsys.sources.directory import SourceFile, discover
from recsys.sources.remote import Remote

SECONDS_OF_A_MODEL, BYTES_READ_A_SECOND = 0.1, 50e6  # estimates before the first build
MOST_AT_A_TIME = 4  # statements in parallel, each on all threads
LEFT_OUT = "marts.left_out"


@dataclass(frozen=True)
class Options:
    """Hold the options of a build; `recsys.library.build` describes them."""

    data: Path | Remote
    warehouse: Path
    sql: Path | None = None
    overrides: tuple[str, ...] = ()
    selected: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    sql_only: bool = False
    no_candidates: bool = False
    full_refresh: bool = False
    tune: bool = False
    plan_only: bool = False
    limits: Limits = field(default_factory=Limits)
    device: str = "auto"
    engine: str = "duckdb"
    spark_master: str | None = None
    store: str | None = None


class Reporter(Protocol):
    """Show the progress of a build to the user."""

    def planned(self, steps: list[Step], dropped: list[str]) -> None:
        """Report the plan, and the relations that the build will drop."""

    def started(self, step: Step) -> None:
        """Report that a model starts."""

    def advanced(self, fraction: float, message: str = "") -> None:
        """Report the finished share (0..1) of what is running."""

    def finished(self, step: Step, record: Record) -> None:
        """Report that a model finished."""

    def left_out(self, model: str, reason: str) -> None:
        """Report that a model is left out, and why."""


@dataclass(frozen=True)
class Result:
    """Hold the outcome of a build: models that ran, models that were kept, models left out with reasons.

    ``stale`` are relations that were not selected although a full build would rebuild them.
    """

    ran: tuple[str, ...]
    kept: tuple[str, ...]
    stale: tuple[str, ...]
    left_out: Mapping[str, str]
    seconds: float


def build(options: Options, reporter: Reporter) -> Result:
    """Bring the warehouse up to date with the data directory and ``sql/``, running only what changed.

    Parameters
    ----------
    options : Options
        Data, warehouse, selection and limits.
    reporter : Reporter
        Receives progress.

    Returns
    -------
    Result
        What ran.

    Raises
    ------
    InputError, UsageError
        The input or the arguments are wrong (exit status 2).
    BuildError
        A model failed (exit status 1). After any error the published warehouse is unchanged.
    """
    begun = time.monotonic()
    manifest.refuse_foreign(options.warehouse, options.full_refresh)
    files, of_data = _sources(options, reporter)
    project = Project.load(options.sql, options.overrides, files, of_data)
    place = Workplace(options.warehouse.absolute())
    with contextlib.nullcontext(place) if options.plan_only else place.held() as workplace:
        run = _Run(options, reporter, project, files, workplace)
        steps, dropped = run.plan()
        reporter.planned(steps, dropped)
        is_stale = dropped or any(step.runs for step in steps) or run.makes_other_requests()
        if is_stale and not options.plan_only:
            run.execute(steps, dropped)
    kept = tuple(step.name for step in steps if step.name not in run.ran)
    return Result(tuple(run.ran), kept, run.stale(), run.left_out, time.monotonic() - begun)


def _sources(options: Options, reporter: Reporter) -> tuple[dict[str, SourceFile], dict[str, Any]]:
    """Return the files of the data directory by source name, and the parameters that come with it."""
    if isinstance(options.data, Path):
        files = discover(options.data, options.no_candidates)
        return files, parquet.parameters(parquet.metadata(options.data))
    if options.engine != "spark":
        raise UsageError(f"--data {options.data}: expected a folder of this machine, or --engine spark")
    require_spark()
    from recsys.backends.spark.inputs import discover as discover_by_spark

    with tempfile.TemporaryDirectory(prefix="recsys-") as scratch:
        context = Context(
            scratch=Path(scratch),
            threads=options.limits.threads,
            memory_bytes=options.limits.memory_bytes,
            spark_master=options.spark_master,
            report=reporter.advanced,
        )
        try:
            return discover_by_spark(options.data, options.no_candidates, context)
        finally:
            spark_session.stop()


class _Run:
    """Hold one build: what is known at its start, and what it has done so far."""

    def __init__(
        self,
        options: Options,
        reporter: Reporter,
        project: Project,
        files: Mapping[str, SourceFile],
        workplace: Workplace,
    ) -> None:
        self.options, self.reporter, self.project = options, reporter, project
        self.files, self.workplace = files, workplace
        self.build_id = uuid.uuid4().hex
        counts = [(file.byte_count, file.line_count) for file in files.values()]
        size = Size(*map(sum, zip(*counts, strict=True)))
        given = options.engine, options.store, workplace.warehouse, options.limits
        self.engine = engine(*given, self.build_id, size)
        records = self.engine.kept(options.warehouse)
        self.seconds = {name: record.seconds for name, record in records.items()}
        self.records = {} if options.full_refresh else records
        self.ran: list[str] = []
        self.left_out: dict[str, str] = {}
        self._note(leave_out(project, files, options.sql_only, options.unwanted))

    def _note(self, reasons: Mapping[str, str]) -> None:
        """Record what is left out, and report it unless the user asked for it."""
        self.left_out |= reasons
        for name, reason in reasons.items():
            is_asked_for = self.options.sql_only or self.options.unwanted
            if not is_asked_for and not reason.startswith("reads "):
                self.reporter.left_out(name, reason)

    def plan(self) -> tuple[list[Step], list[str]]:
        """Return the steps, and the relations of the warehouse to drop."""
        graph = self.project.graph()
        chosen = self.options.selected
        built = {name: record.fingerprint for name, record in self.records.items()}
        selected = select(self.project, graph, chosen) if chosen else None
        renewed = self.build_id if self.options.tune else ""
        steps = plan(self.project, graph, self.files, built, selected, self.options.full_refresh, renewed)
        kept = [step.rendered.model for step in steps if not self._becomes_temporary(step)]
        current = {relation for model in kept for relation in model.relations}
        return steps, [] if chosen else sorted(self.records.keys() - current)

    def _becomes_temporary(self, step: Step) -> bool:
        """Return whether a stored relation becomes temporary, to be rebuilt for each reader."""
        built = self.records.get(step.name)
        is_temporary = step.rendered.model.materialized == "temp"
        return is_temporary and built is not None and built.kind in ("table", "view")

    def stale(self) -> tuple[str, ...]:
        """Return stored relations that were not selected although a full build would rebuild them."""
        built = {name: record.fingerprint for name, record in self.records.items()}
        steps = plan(self.project, self.project.graph(), self.files, built) if self.options.selected else []
        return tuple(step.name for step in steps if step.runs and step.name in built)

    def makes_other_requests(self) -> bool:
        """Return whether the query templates of the warehouse are out of date."""
        return bool(self.records) and not query_templates.are_in(self.options.warehouse, self.project)

    def execute(self, steps: list[Step], dropped: list[str]) -> None:
        """Run the steps in a private copy of the warehouse, write the record, and publish it."""
        self._check(steps)
        if self.records:
            self.workplace.start_from_published()
        database = self.engine.open(self.workplace, self._context(), self.records)
        try:
            self._prepare(database, dropped)
            while (failed := self._run_all(database, steps)) is not None:
                self._note(exclude(self.project, failed))
                steps, dropped = self.plan()
                self._prepare(database, dropped)
            self._write_record(database)
            database.settle()
        except EngineError as error:
            raise BuildError(f"the warehouse could not be written: {first_line(error)}") from None
        finally:
            database.close()
        spark_session.stop()
        self.workplace.publish()

    def _check(self, steps: list[Step]) -> None:
        """Refuse models that are no single query before anything runs."""
        runner = self._runner()
        requests = (one for schema in self.project.on_request for one in self.project.requests(schema))
        for rendered in (*(step.rendered for step in steps if step.runs), *requests):
            runner.check(rendered)

    def _runner(self) -> Runner:
        return Runner(self.project, self.files, self.workplace, self._context(), self.build_id)

    def _prepare(self, database: Database, dropped: list[str]) -> None:
        database.prepare(self.project.layers)
        for relation in dropped:
            database.drop(relation)
            del self.records[relation]

    def _run_all(self, database: Database, steps: list[Step]) -> dict[str, str] | None:
        """Run the steps; stop at a learner that this machine cannot run and return it with the reason."""
        runner = self._runner()
        databases = [database.variant() for _ in range(min(self.options.limits.threads, MOST_AT_A_TIME))]
        parents = {step.name: self.project.parents(step.rendered) for step in steps}
        seconds = {step.name: self._seconds(step) for step in steps}
        schedule = Schedule(steps, parents, seconds, databases)
        try:
            schedule.run(runner.run, self.reporter.started, self._finished, self.reporter.advanced)
        except LearnerUnavailable as error:
            return {error.model: str(error), **counterparts(self.project, error.model)}
        return None

    def _seconds(self, step: Step) -> float:
        """Return a step's seconds in the previous build, else an estimate from the size of its files."""
        if step.name in self.seconds:
            return self.seconds[step.name]
        bytes_read = sum(self.files[source].byte_count for source in step.rendered.sources)
        return SECONDS_OF_A_MODEL + bytes_read / BYTES_READ_A_SECOND

    def _finished(self, step: Step, made: list[Record]) -> None:
        self.records |= {record.name: record for record in made}
        self.ran.append(step.name)
        self.reporter.finished(step, made[0])

    def _context(self) -> Context:
        return Context(
            scratch=self.workplace.scratch,
            logs=self.workplace.warehouse.parent / "logs",
            threads=self.options.limits.threads,
            memory_bytes=self.options.limits.memory_bytes,
            device=self.options.device,
            spark_master=self.options.spark_master,
            has_frames=self.options.engine == "spark",
            shared=self.engine.shared,
            report=self.reporter.advanced,
        )

    def _left_out(self) -> pa.Table:
        """Return the models that the build leaves out, each with its own reason."""
        rows = sorted(item for item in self.left_out.items() if not item[1].startswith("reads "))
        columns = list(zip(*rows, strict=True)) or [(), ()]
        return pa.table([pa.array(column, pa.string()) for column in columns], names=["model", "reason"])

    def _write_record(self, database: Database) -> None:
        options = self.options
        parameters = self.project.parameters
        table = manifest.table(
            self.build_id,
            options.data,
            options.limits,
            self.engine.settings,
            parameters,
            self.files,
            self.records,
        )
        database.drop(LEFT_OUT)
        database.store(LEFT_OUT, self._left_out())
        database.drop(query_templates.RELATION)
        database.store(query_templates.RELATION, query_templates.table(self.project))
        database.drop("marts.build")
        database.store("marts.build", table)
        for relation in additions.RELATIONS:
            database.drop(relation)
