"""Runs one model, SQL or learner, and holds it to what its header promises."""

from __future__ import annotations

import contextlib
import glob
import importlib
import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from recsys.errors import BuildError
from recsys.learners import Context
from recsys.planning import Step
from recsys.project import Model, Project
from recsys.record import Record
from recsys.rendering import PythonCall, Rendered
from recsys.sources.directory import SourceFile, plain_text
from recsys.sources.lines import explain_refusal
from recsys.warehouse import EngineError, Workplace, Writer, quoted

UNDIGESTED = ("check", "macro", "temp")


class ModelError(Exception):
    """A model failed; ``offset`` is where in its rendered SQL, if the engine knows."""

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.offset = offset


class Runner:
    """Runs the models of one build into its private database."""

    def __init__(
        self,
        project: Project,
        writer: Writer,
        files: Mapping[str, SourceFile],
        workplace: Workplace,
        context: Context,
        build_id: str,
    ) -> None:
        self.project, self.writer, self.files = project, writer, files
        self.workplace, self.context, self.build_id = workplace, context, build_id
        self.paths: dict[str, Path] = {}

    def run(self, step: Step) -> list[Record]:
        """Make the relations of a model; the records of the model itself and of what else it wrote.

        Raises InputError if the input is at fault, BuildError if the model is.
        """
        begun = time.monotonic()
        _forget_peak_memory()
        model = step.rendered.model
        try:
            self._keep_rendered(step.rendered)
            if step.rendered.call:
                self._run_python(step.rendered, step.rendered.call)
            else:
                self._run_sql(step.rendered)
            found = {relation: self._inspect(model, relation) for relation in model.relations}
        except ModelError as error:
            self._explain(error, step.rendered)
        return [
            Record(
                name=relation,
                kind=model.materialized,
                fingerprint=step.fingerprint,
                row_count=rows,
                digest=digest,
                seconds=time.monotonic() - begun if relation == model.name else 0.0,
                peak_bytes=_peak_memory(),
                build_id=self.build_id,
                reason=step.reason or "",
            )
            for relation, (rows, digest) in found.items()
        ]

    def _run_sql(self, rendered: Rendered) -> None:
        model = rendered.model
        location = self.project.location(model.name)
        opening = _opening(model).format(quoted(location))
        if model.materialized != "check":
            self.writer.drop(location)
        parameters = {name: glob.escape(str(self._path(name))) for name in rendered.sources}
        try:
            rows = self.writer.run(opening + rendered.sql, parameters, self.context.report)
        except EngineError as error:
            offset = None if error.offset is None else error.offset - len(opening)
            raise ModelError(str(error), offset) from None
        if model.materialized == "check" and rows:
            raise ModelError(f"the check found {len(rows)} rows, such as {rows[0]}")

    def _run_python(self, rendered: Rendered, call: PythonCall) -> None:
        function = getattr(importlib.import_module(f"recsys.{call.module}"), call.function)
        inputs = {
            argument: self.writer.arrow(relation, self.project.writers[relation].key)
            for argument, relation in call.relations.items()
        }
        paths = {argument: self.files[name].path for argument, name in call.sources.items()}
        tables = function({**inputs, **paths}, call.settings, self.context)
        promised = rendered.model.relations
        if set(tables) != set(promised):
            raise ModelError(f"wrote {sorted(tables)}, its header promises {sorted(promised)}")
        for relation, table in tables.items():
            self.writer.drop(relation)
            self.writer.store(relation, table)

    def _path(self, name: str) -> Path:
        """The text of an input file, as plain as the engine needs it."""
        if name not in self.paths:
            path = plain_text(self.files[name], self.workplace.scratch)
            if path is None:
                raise ModelError(f"the engine would read {name} otherwise than it is written")
            self.paths[name] = path
        return self.paths[name]

    def _inspect(self, model: Model, relation: str) -> tuple[int, str]:
        """Row count and content digest, after the header's promises of key and row count were found kept.

        The digest is the sum of the rows' hashes, so that their order does not matter.
        """
        if model.materialized in ("check", "macro"):
            return 0, ""
        place = quoted(self.project.location(relation))
        key = [quoted(column) for column in model.key] if relation == model.name else []
        wanted = ["count(*)", *(f"count({column})" for column in key)]
        if model.materialized not in UNDIGESTED:
            wanted.append("coalesce(sum(hash(content)::hugeint), 0)")
        rows, *counts = self.writer.run(f"select {', '.join(wanted)} from {place} as content")[0]
        digest = f"{counts.pop():x}" if model.materialized not in UNDIGESTED else ""
        for column, count in zip(key, counts, strict=True):
            if count != rows:
                raise ModelError(f"{rows - count} rows without a value in the key column {column}")
        if key and rows:
            self._refuse_repeated_keys(place, ", ".join(key))
        if relation == model.name:
            self._refuse_other_row_count(model, rows)
        return rows, digest

    def _refuse_repeated_keys(self, place: str, key: str) -> None:
        """Group by the key only where two rows share its hash: sorting hashes is four times as fast."""
        may_repeat = self.writer.value(
            "select exists(select 1 from (select hash, lag(hash) over (order by hash) as before "
            f"from (select hash({key}) as hash from {place})) where hash = before)"
        )
        repeated = may_repeat and self.writer.run(
            f"select {key}, count(*) from {place} group by {key} having count(*) > 1 limit 1"
        )
        if repeated:
            *values, count = repeated[0]
            raise ModelError(f"{count} rows with the key {key} = {values}")

    def _refuse_other_row_count(self, model: Model, rows: int) -> None:
        for other in model.listed("rows"):
            expected = self.writer.value(f"select count(*) from {quoted(self.project.location(other))}")
            if rows != expected:
                raise ModelError(f"{rows} rows, its header promises the {expected} of {other}")

    def _explain(self, error: ModelError, rendered: Rendered) -> NoReturn:
        """Raise what a person is told: of the input's line where that is at fault, else of the model."""
        if rendered.model.layer in ("staging", "hierarchy"):
            explain_refusal(self.files)
        raise BuildError(_located(error, rendered, self._compiled(rendered))) from None

    def _compiled(self, rendered: Rendered) -> Path:
        model = rendered.model
        return self.workplace.warehouse.parent / "compiled" / model.layer / f"{model.stem}.sql"

    def _keep_rendered(self, rendered: Rendered) -> None:
        path = self._compiled(rendered)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rendered.sql, encoding="utf-8")


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
