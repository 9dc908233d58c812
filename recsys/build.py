"""Walks the graph: runs SQL models and learners, checks what their headers promise, publishes the result."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import resource
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, Protocol

from recsys import record
from recsys.errors import BuildError, RecsysError, UnavailableError
from recsys.learners import Context
from recsys.planning import Step, plan, select
from recsys.project import LAYERS, Model, Project
from recsys.record import Record
from recsys.rendering import Rendered
from recsys.sources.directory import SourceFile, discover, plain_text
from recsys.sources.lines import explain_refusal
from recsys.warehouse import EngineError, Limits, Workplace, Writer, first_line, quoted


@dataclass(frozen=True)
class Options:
    """What a person asked of a build."""

    data: Path
    warehouse: Path
    sql: Path | None = None
    overrides: tuple[str, ...] = ()
    selected: tuple[str, ...] = ()
    sql_only: bool = False
    full_refresh: bool = False
    plan_only: bool = False
    limits: Limits = field(default_factory=Limits)
    device: str = "auto"
    spark_master: str | None = None


class Reporter(Protocol):
    """Who shows a build to a person."""

    def planned(self, steps: list[Step], dropped: list[str]) -> None: ...
    def started(self, step: Step, position: int, total: int) -> None: ...
    def advanced(self, fraction: float, message: str = "") -> None: ...
    def finished(self, step: Step, record: Record) -> None: ...
    def left_out(self, model: str, reason: str) -> None: ...


class ModelError(Exception):
    """A model failed; ``offset`` is where in its rendered SQL, if the engine knows."""

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True)
class Result:
    """How a build ended: the models that ran, and those that could not be part of it."""

    ran: tuple[str, ...]
    kept: tuple[str, ...]
    left_out: Mapping[str, str]
    seconds: float


def build(options: Options, reporter: Reporter) -> Result:
    """Bring the warehouse in line with the data directory and ``sql/``, running only what changed.

    Raises InputError or UsageError (exit status 2) for bad input or arguments, BuildError (1) for a model
    that fails; either way the published warehouse stays as it was.
    """
    begun = time.monotonic()
    files = discover(options.data)
    project = Project.load(options.sql, options.overrides, files)
    workplace = Workplace(options.warehouse.absolute())
    with workplace.held():
        run = _Run(options, reporter, project, files, workplace)
        run.leave_out_what_cannot_run()
        steps, dropped = run.plan()
        reporter.planned(steps, dropped)
        if not options.plan_only and (dropped or any(step.runs for step in steps)):
            run.execute(steps, dropped)
        ran = tuple(run.ran)
        kept = tuple(step.name for step in steps if step.name not in run.ran)
    return Result(ran, kept, run.left_out, time.monotonic() - begun)


class _Run:
    """One build: what is known at its start, and what it has done so far."""

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
        self.records = {} if options.full_refresh else record.read(options.warehouse)
        self.left_out: dict[str, str] = {}
        self.ran: list[str] = []
        self.paths: dict[str, Path] = {}

    # What can run

    def leave_out_what_cannot_run(self) -> None:
        for name in sorted(self.project.models):
            reason = self._obstacle(self.project.models[name])
            if reason and name in self.project.enabled:
                self._leave_out(name, reason)

    def _obstacle(self, model: Model) -> str | None:
        if self.options.sql_only and self.project.render(model.name).learner:
            return "a learner, and --sql-only"
        absent = [package for package in model.listed("requires") if not importlib.util.find_spec(package)]
        if absent:
            return f"needs {', '.join(absent)}: pip install 'recsys[learners]'"
        empty = [relation for relation in model.listed("needs") if not self._has_input(relation)]
        return f"the data directory has nothing for {', '.join(empty)}" if empty else None

    def _has_input(self, relation: str) -> bool:
        """Whether the files that a staging relation reads are there and not empty."""
        sources = self.project.render(relation).sources
        return bool(sources) and all(self.files[name].byte_count for name in sources)

    def _leave_out(self, name: str, reason: str) -> None:
        """Take a model, and all that cannot be rendered without it, out of the build."""
        self.project.disable(name)
        self.left_out[name] = reason
        if not (self.options.sql_only and reason.startswith("a learner")):
            self.reporter.left_out(name, reason)
        for other in sorted(self.project.enabled):
            if other in self.project.enabled and name in self.project.parents(self.project.render(other)):
                self._leave_out(other, f"reads {name}")

    # What must run

    def plan(self) -> tuple[list[Step], list[str]]:
        graph = self.project.graph()
        chosen = self.options.selected
        built = {name: record.fingerprint for name, record in self.records.items()}
        selected = select(self.project, graph, chosen) if chosen else None
        steps = plan(self.project, graph, self.files, built, selected, self.options.full_refresh)
        dropped = [] if chosen else [name for name in self.records if name not in self.project.enabled]
        return steps, dropped

    def execute(self, steps: list[Step], dropped: list[str]) -> None:
        if self.records:
            self.workplace.start_from_published()
        writer = Writer(self.workplace.database, self.options.limits, self.workplace.spill)
        try:
            self._prepare(writer, dropped)
            while (failed := self._run_all(writer, steps)) is not None:
                self._leave_out(*failed)
                steps, dropped = self.plan()
                self._prepare(writer, dropped)
            self._write_record(writer)
            writer.run("checkpoint")
        except EngineError as error:
            raise _about_space(error) from None
        finally:
            writer.close()
        self.workplace.publish()

    def _prepare(self, writer: Writer, dropped: list[str]) -> None:
        for layer in LAYERS:
            writer.run(f"create schema if not exists {quoted(layer)}")
            writer.run(f"create schema if not exists scratch.{quoted(layer)}")
        for name in dropped:
            for relation in self._relations(name):
                writer.drop(relation)
            del self.records[name]

    def _relations(self, name: str) -> tuple[str, ...]:
        return self.project.models[name].relations if name in self.project.models else (name,)

    def _run_all(self, writer: Writer, steps: list[Step]) -> tuple[str, str] | None:
        """Run what must run; ends early with the name of a learner that this machine cannot run, and why."""
        running = [step for step in steps if step.runs]
        for position, step in enumerate(running, 1):
            self.reporter.started(step, position, len(running))
            try:
                made = self._run_one(writer, step)
            except UnavailableError as error:
                return step.name, str(error)
            self.records[step.name] = made
            self.ran.append(step.name)
            self.reporter.finished(step, made)
        return None

    def _run_one(self, writer: Writer, step: Step) -> Record:
        begun = time.monotonic()
        _forget_peak_memory()
        model = step.rendered.model
        try:
            if step.rendered.learner:
                self._learn(writer, step.rendered)
            else:
                self._run_sql(writer, step.rendered)
            rows = self._check(writer, model)
            digest = self._content_digest(writer, model)
        except ModelError as error:
            self._explain(error, step.rendered)
        return Record(
            name=model.name,
            kind=model.materialized,
            fingerprint=step.fingerprint,
            row_count=rows,
            digest=digest,
            seconds=time.monotonic() - begun,
            peak_bytes=_peak_memory(),
            build_id=self.build_id,
            reason=step.reason or "",
        )

    def _run_sql(self, writer: Writer, rendered: Rendered) -> None:
        model = rendered.model
        location = self.project.location(model.name)
        opening = _opening(model).format(quoted(location))
        if model.materialized != "check":
            writer.drop(location)
        self._keep_rendered(rendered)
        parameters = {name: str(self._path(name)) for name in rendered.sources}
        try:
            rows = writer.run(opening + rendered.sql, parameters, self.reporter.advanced)
        except EngineError as error:
            offset = None if error.offset is None else error.offset - len(opening)
            raise ModelError(str(error), offset) from None
        if model.materialized == "check" and rows:
            raise ModelError(f"the check found {len(rows)} rows, such as {rows[0]}")

    def _learn(self, writer: Writer, rendered: Rendered) -> None:
        call, model = rendered.learner, rendered.model
        assert call is not None
        self._keep_rendered(rendered)
        module, _, function = call.function.rpartition(".")
        learner = getattr(importlib.import_module(f"recsys.learners.{module}"), function)
        inputs = {
            argument: writer.arrow(relation, self.project.writers[relation].key)
            for argument, relation in call.inputs.items()
        }
        tables = learner(inputs, call.settings, self._context())
        if set(tables) != set(model.relations):
            raise ModelError(f"wrote {sorted(tables)}, its header promises {sorted(model.relations)}")
        for relation, table in tables.items():
            writer.drop(relation)
            writer.store(relation, table)

    def _context(self) -> Context:
        return Context(
            scratch=self.workplace.scratch,
            threads=self.options.limits.threads,
            device=self.options.device,
            spark_master=self.options.spark_master,
            report=self.reporter.advanced,
        )

    def _path(self, name: str) -> Path:
        """The text of an input file, as plain as the engine needs it."""
        if name not in self.paths:
            path = plain_text(self.files[name].path, self.workplace.scratch)
            if path is None:
                raise ModelError("a blank line, a carriage return or a tab at the end of a line")
            self.paths[name] = path
        return self.paths[name]

    # What the headers promise

    def _check(self, writer: Writer, model: Model) -> int:
        """Row count, after the key was found unique and not null and the rows as many as promised."""
        if model.materialized in ("check", "macro"):
            return 0
        relation = quoted(self.project.location(model.name))
        rows = int(writer.value(f"select count(*) from {relation}"))
        if model.key:
            self._check_key(writer, relation, [quoted(column) for column in model.key], rows)
        for other in model.listed("rows"):
            expected = int(writer.value(f"select count(*) from {quoted(self.project.location(other))}"))
            if rows != expected:
                raise ModelError(f"{rows} rows, its header promises the {expected} of {other}")
        return rows

    def _check_key(self, writer: Writer, relation: str, key: list[str], rows: int) -> None:
        counts = ", ".join(f"count({column})" for column in key)
        for column, count in zip(key, writer.run(f"select {counts} from {relation}")[0], strict=True):
            if count != rows:
                raise ModelError(f"{rows - count} rows without a value in the key column {column}")
        if rows and self._may_repeat(writer, relation, key):
            columns = ", ".join(key)
            repeated = writer.run(
                f"select {columns}, count(*) from {relation} group by {columns} having count(*) > 1 limit 1"
            )
            if repeated:
                *values, count = repeated[0]
                raise ModelError(f"{count} rows with the key {columns} = {values}")

    def _may_repeat(self, writer: Writer, relation: str, key: list[str]) -> bool:
        """Whether two rows share a hash of the key: sorting hashes is four times as fast as grouping keys."""
        return bool(
            writer.value(
                "select exists(select 1 from (select hash, lag(hash) over (order by hash) as before "
                f"from (select hash({', '.join(key)}) as hash from {relation})) where hash = before)"
            )
        )

    def _content_digest(self, writer: Writer, model: Model) -> str:
        """Digest of a relation's rows in any order: the sum of their hashes."""
        if model.materialized in ("check", "macro", "temp"):
            return ""
        total = writer.value(
            f"select coalesce(sum(hash(content)::hugeint), 0) from {quoted(model.name)} as content"
        )
        return f"{total:x}"

    def _explain(self, error: ModelError, rendered: Rendered) -> NoReturn:
        """Raise what a person is told: of the input's line where that is at fault, else of the model."""
        if rendered.model.layer in ("staging", "hierarchy"):
            explain_refusal(self.files)
        raise BuildError(_located(error, rendered, self._compiled(rendered))) from None

    def _compiled(self, rendered: Rendered) -> Path:
        model = rendered.model
        return self.options.warehouse.parent / "compiled" / model.layer / f"{model.stem}.sql"

    def _keep_rendered(self, rendered: Rendered) -> None:
        path = self._compiled(rendered)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rendered.sql, encoding="utf-8")

    def _write_record(self, writer: Writer) -> None:
        table = record.table(
            self.build_id,
            self.options.data,
            self.options.limits,
            self.project.parameters,
            self.files,
            self.records,
        )
        writer.drop("marts.build")
        writer.store("marts.build", table)


def _opening(model: Model) -> str:
    """What goes before a model's SQL, with a place for its name."""
    if model.materialized == "macro":
        return f"create macro {{}}({', '.join(model.listed('arguments'))}) as table\n"
    return {"check": "", "view": "create view {} as\n"}.get(model.materialized, "create table {} as\n")


def _located(error: ModelError, rendered: Rendered, compiled: Path) -> str:
    """The message of a failed model: the place in its file, the engine's words, the lines around."""
    path = rendered.model.path
    if error.offset is None:
        return f"{path}: {error}\n  rendered: {compiled}"
    line, column = rendered.origin(error.offset)
    text = path.read_text(encoding="utf-8").splitlines()
    first, last = max(1, line - 1), min(len(text), line + 1)
    context = "\n".join(
        f"  {'>' if number == line else ' '} {number:>4} | {text[number - 1]}"
        for number in range(first, last + 1)
    )
    return f"{path}:{line}:{column}: {error}\n{context}\n  rendered: {compiled}"


def _about_space(error: EngineError) -> RecsysError:
    """The engine ran out of something while it was writing: one line that says of what."""
    return BuildError(f"the build could not be written: {first_line(error)}")


def _forget_peak_memory() -> None:
    """Ask Linux to count the process's peak memory from now on; elsewhere it counts from the start."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_memory() -> int:
    """Largest resident memory of this process in bytes, since it was last forgotten."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << (0 if sys.platform == "darwin" else 10)
