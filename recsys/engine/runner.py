"""Run one model, SQL or Python, and check it against its header."""

from __future__ import annotations

import glob
import importlib
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import pyarrow as pa

from recsys.backends.database import Database, EngineError, Measure
from recsys.backends.duckdb.connection import damaged
from recsys.backends.duckdb.statements import NOT_ENOUGH, engine_error
from recsys.engine.contracts import ContractError, inspect
from recsys.engine.fingerprint import Fingerprint
from recsys.engine.folds import Learner, cross_validate
from recsys.engine.manifest import Record
from recsys.engine.memory import PeakMeter, return_unused
from recsys.engine.plan import Step
from recsys.engine.publish import Workplace
from recsys.errors import BuildError, UnavailableError
from recsys.learners.common.compiled import IS_COMPILED
from recsys.learners.common.settings import solver
from recsys.project import Model, Project
from recsys.project.contract import Context, proven_key
from recsys.project.files import read_text
from recsys.project.rendered import PythonCall, Rendered
from recsys.project.single_query import complaint, trailing_sql
from recsys.sources.lines import explain_refusal
from recsys.sources.plain_text import plain_text
from recsys.sources.remote import Remote
from recsys.sources.source_file import SourceFile


class ModelError(Exception):
    """Report a failed model.

    Parameters
    ----------
    message : str
        What went wrong.
    offset : int, optional
        Where in the rendered SQL, if DuckDB knows.
    is_damage : bool, default False
        Whether the warehouse file is at fault: data read differ from data written.
    line : int, optional
        Line of the header entry that the model breaks, if it does.
    """

    def __init__(
        self, message: str, offset: int | None = None, is_damage: bool = False, line: int | None = None
    ) -> None:
        super().__init__(message)
        self.offset, self.is_damage, self.line = offset, is_damage, line


class LearnerUnavailable(Exception):  # noqa: N818  the build continues without it
    """Report a learner that cannot run on this machine."""

    def __init__(self, model: str, reason: str) -> None:
        super().__init__(reason)
        self.model = model


class Runner:
    """Run the models of one build; several threads may each run one, over their own connections."""

    def __init__(
        self,
        project: Project,
        files: Mapping[str, SourceFile],
        workplace: Workplace,
        context: Context,
        build_id: str,
    ) -> None:
        self.project, self.files, self.workplace = project, files, workplace
        self.context, self.build_id = context, build_id
        self.meter = PeakMeter()
        self.paths: dict[str, Path | Remote] = {}
        self.paths_lock = threading.Lock()

    def check(self, rendered: Rendered) -> None:
        """Refuse a model that is more than one query, or that reads what no fingerprint covers.

        Raises
        ------
        BuildError
            With file and line.
        """
        reads_files = rendered.model.layer == "staging"
        is_macro = rendered.model.materialized == "macro"
        try:
            if rendered.call:
                found = trailing_sql(rendered.sql)
            else:
                found = complaint(rendered.sql, reads_files, is_macro)
        except duckdb.Error as error:
            self._keep_rendered(rendered)
            fault = engine_error(error, rendered.sql)
            refused = ModelError(str(fault), fault.offset)
            raise BuildError(_located(refused, rendered, self._compiled(rendered))) from None
        if found is not None:
            line, _ = rendered.origin(found.offset)
            raise BuildError(f"{rendered.model.path}:{line}: {found.message}")
        if not is_macro:
            self._check_macros(rendered, rendered.model.original or rendered.model.name)

    def _check_macros(self, rendered: Rendered, reader: str) -> None:
        """Refuse a table macro that a model reads, if it may read what the graph does not know."""
        for relation in rendered.refs:
            macro = self.project.writers[relation]
            if macro.materialized == "macro":
                read = self.project.render(macro.name)
                if (found := complaint(read.sql)) is not None:
                    line, _ = read.origin(found.offset)
                    raise BuildError(f"{macro.path}:{line}: {found.message}, and {reader} reads this macro")
                self._check_macros(read, reader)

    def run(self, step: Step, database: Database) -> list[Record]:
        """Build the relations of a model and return their records.

        Raises
        ------
        InputError
            The input is at fault.
        BuildError
            The model is at fault.
        LearnerUnavailable
            This machine cannot run it.
        """
        begun = time.monotonic()
        model = step.rendered.model
        self.meter.start(model.name)
        try:
            self._keep_rendered(step.rendered)
            proofs: Mapping[str, tuple[str, ...]] = {}
            if call := self._call(step.rendered):
                proofs = self._run_python(database, step.rendered, call)
            else:
                self._run_sql(database, step)
            found = self._inspected(database, model, proofs)
        except ModelError as error:
            self._explain(error, step.rendered)
        except UnavailableError as error:
            raise LearnerUnavailable(model.name, str(error)) from None
        except ImportError as error:
            if (error.name or "recsys").split(".")[0] == "recsys":
                raise
            raise LearnerUnavailable(model.name, f"the package {error.name} does not load: {error}") from None
        peak = self.meter.stop(model.name)
        if call:
            return_unused()
        return [
            Record(
                name=relation,
                kind=model.materialized,
                fingerprint=self._as_made(step),
                row_count=measure.row_count,
                digest=measure.digest,
                seconds=time.monotonic() - begun if relation == model.name else 0.0,
                peak_bytes=peak,
                build_id=self.build_id,
                reason=step.reason or "",
            )
            for relation, measure in found.items()
        ]

    def _call(self, rendered: Rendered) -> PythonCall | None:
        """Return the function that writes a model; None where its SQL does."""
        return rendered.call or (rendered.compiled if IS_COMPILED and not self.context.has_frames else None)

    def _as_made(self, step: Step) -> Fingerprint:
        """Return a step's fingerprint, with the solver that "auto" means in this build."""
        call = step.rendered.call
        if call is None or "solver" not in call.settings:
            return step.fingerprint
        chosen = {"solver": solver(call.settings["solver"], self.context)}
        return replace(step.fingerprint, parameters={**step.fingerprint.parameters, **chosen})

    def _inspected(
        self, database: Database, model: Model, proofs: Mapping[str, tuple[str, ...]]
    ) -> dict[str, Measure]:
        try:
            return {
                relation: inspect(database, self.project, model, relation, proofs.get(relation, ()))
                for relation in model.relations
            }
        except ContractError as error:
            raise ModelError(f"{model.name}: {error}", line=error.line) from None
        except EngineError as error:  # views and macros compute when read
            raise ModelError(str(error), None, error.is_damage) from None

    def _run_sql(self, database: Database, step: Step) -> None:
        rendered, model = step.rendered, step.rendered.model
        parameters = {name: glob.escape(str(self._path(name))) for name in rendered.sources}
        try:
            if model.materialized == "check":
                rows = database.rows(rendered.sql)
                if rows:
                    raise ModelError(f"the check found {len(rows)} rows, such as {rows[0]}")
            else:
                place, arguments = self.project.location(model.name), model.listed("arguments")
                if step.update is None or not database.update(place, step.update):
                    database.create(place, model.materialized, rendered.sql, arguments, parameters)
        except EngineError as error:
            raise ModelError(str(error), error.offset, error.is_damage) from None

    def _order(self, place: str) -> tuple[str, ...]:
        """Return the key of a relation; empty for what a Python model writes in addition to its own."""
        writer = self.project.writer_at(place)
        return writer.key if writer.name == place.removeprefix("scratch.") else ()

    def _run_python(
        self, database: Database, rendered: Rendered, call: PythonCall
    ) -> Mapping[str, tuple[str, ...]]:
        """Write the relations that a function returns; return the keys that are already proven unique."""
        function = getattr(importlib.import_module(f"recsys.{call.module}"), call.function)
        inputs = {
            argument: database.relation(relation, self._order(relation))
            for argument, relation in call.relations.items()
        }
        paths = {argument: self.files[name].path for argument, name in call.sources.items()}
        if call.labels:
            tables = self._cross_validated(database, rendered.model, call, function, inputs)
        else:
            tables = function({**inputs, **paths}, call.settings, self.context)
        tables = _of_variant(rendered.model, tables)
        expected = rendered.model.relations
        if set(tables) != set(expected):
            raise ModelError(f"wrote {sorted(tables)}, expected {sorted(expected)} as in its header")
        proofs = {
            relation: proven_key(table.schema)
            for relation, table in tables.items()
            if isinstance(table, (pa.Table, pa.RecordBatchReader))
        }
        for relation, table in tables.items():
            place = self.project.location(relation)
            database.drop(place)
            try:
                database.store(place, table)
            except EngineError as error:
                raise ModelError(str(error), None, error.is_damage) from None
        return proofs

    def _cross_validated(
        self, database: Database, model: Model, call: PythonCall, function: Learner, inputs: Mapping[str, Any]
    ) -> Mapping[str, pa.Table]:
        (argument, relation), *_ = call.labels.items()
        labels = database.relation(relation, self.project.writers[relation].key).arrow()
        folds = database.relation(call.folds, ("user_id",)).arrow()
        given = (argument, labels), folds, call.settings, self.context
        return cross_validate(function, inputs, *given, model.name)

    def _path(self, name: str) -> Path | Remote:
        """Return the path of an input file as plain text that DuckDB reads."""
        with self.paths_lock:
            if name not in self.paths:
                path = plain_text(self.files[name], self.workplace.scratch)
                if path is None:
                    raise ModelError(f"the engine would read {name} otherwise than it is written")
                self.paths[name] = path
            return self.paths[name]

    def _explain(self, error: ModelError, rendered: Rendered) -> NoReturn:
        """Raise the error for the user: about the input's line if that is at fault, else about the model."""
        if error.is_damage:
            raise BuildError(damaged(self.workplace.warehouse, str(error))) from None
        if rendered.model.layer in ("staging", "hierarchy"):
            self._refuse_input()
        raise BuildError(_located(error, rendered, self._compiled(rendered))) from None

    def _refuse_input(self) -> None:
        """Raise InputError if the input is wrong."""
        if any(isinstance(file.path, Remote) for file in self.files.values()):
            from recsys.backends.spark import inputs

            inputs.explain_refusal(self.files, self.context)
        else:
            get = self.project.parameters.get
            explain_refusal(self.files, (get("scale.lowest", 0), get("scale.highest", 100)))

    def _compiled(self, rendered: Rendered) -> Path:
        model = rendered.model
        return self.workplace.warehouse.parent / "compiled" / model.layer / f"{model.stem}.sql"

    def _keep_rendered(self, rendered: Rendered) -> None:
        path = self._compiled(rendered)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rendered.sql, encoding="utf-8")


def _of_variant(model: Model, tables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return tables under the name of the variant, which the function calls by its original's."""
    return {model.name if name == model.original else name: table for name, table in tables.items()}


def _located(error: ModelError, rendered: Rendered, compiled: Path) -> str:
    """Return the message of a failed model: place in its file, error, surrounding lines."""
    path = rendered.model.path
    if error.line is not None:
        return f"{path}:{error.line}: {error}"
    if str(error).startswith(NOT_ENOUGH):
        return f"{path}: {error}"
    if error.offset is None:
        return f"{path}: {error}\n  rendered: {compiled}"
    line, column = rendered.origin(error.offset)
    text = read_text(path).splitlines()
    first, last = max(1, line - 1), min(len(text), line + 1)
    context = "\n".join(
        f"  {'>' if number == line else ' '} {number:>4} | {text[number - 1]}"
        for number in range(first, last + 1)
    )
    return f"{path}:{line}:{column}: {error}\n{context}\n  rendered: {compiled}"
