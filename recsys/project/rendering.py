"""Render one model: define the functions that templates call, and map rendered SQL back to its file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import jinja2

from recsys.errors import BuildError
from recsys.project.literal import columns, complaint, literal_names, mentioned
from recsys.project.model import Model
from recsys.project.renamed import new_relation
from recsys.project.rendered import Models, PythonCall, Rendered
from recsys.project.templates import unmarked


def _note(text: str) -> str:
    return " cross-validated" if isinstance(text, CrossValidated) else ""


class CrossValidated(str):
    """Name a relation of labels that a learner sees without those of one fold at a time."""


class Rendering:
    """Run Jinja over one model: provide the functions that templates call and record the calls."""

    def __init__(
        self,
        project: Models,
        model: Model,
        replaced: Mapping[str, str] | None = None,
        partition: str | None = None,
    ) -> None:
        self.project, self.model, self.replaced = project, model, dict(replaced or {})
        self.only_partition = partition
        self.refs: dict[str, None] = {}
        self.sources: dict[str, None] = {}
        self.call: PythonCall | None = None
        self.loops: PythonCall | None = None
        self.is_gathering = False

    def run(self) -> Rendered:
        """Render the model; raise BuildError, with file and line, for an error in it."""
        with self.project.noting_parameters() as used:
            sql, lines = unmarked(self.text())
        reads = tuple(self.refs), tuple(self.sources)
        names = frozenset(used)
        rendered = Rendered(
            self.model, sql, *reads, self.call, self.is_gathering, lines, names, compiled=self.loops
        )
        self._refuse_literal_names(rendered)
        return rendered

    def _refuse_literal_names(self, rendered: Rendered) -> None:
        """Refuse a relation that the model names without ``ref()``, by file and line."""
        sql, schemas = rendered.sql, self.project.schemas
        own = self.project.own_lines(self.model)
        of_itself = frozenset().union(*own.values())
        if mentioned(sql, schemas) <= self.refs.keys() and of_itself.isdisjoint(self.refs):
            return
        for offset, name in literal_names(sql, schemas):
            line, _ = rendered.origin(offset)
            is_literal = name in own.get(line, ()) and not self._is_column(rendered, line, name)
            if is_literal or name not in self.refs:
                raise BuildError(f"{self.model.path}:{line}: {complaint(name)}")

    def _is_column(self, rendered: Rendered, line: int, name: str) -> bool:
        """Return whether a line has a column of this name, ``alias.column``."""
        found = columns(rendered.sql, self.project.schemas)
        return any(other == name and rendered.origin(offset)[0] == line for offset, other in found)

    def text(self) -> str:
        """Return the text after Jinja, with line marks."""
        functions: dict[str, Callable[..., Any]] = {
            name: getattr(self, name)
            for name in (
                "ref",
                "ref_all",
                "models",
                "header",
                "source",
                "has_source",
                "learner",
                "reader",
                "compiled",
                "inline",
                "depends_on",
                "cross_validated",
                "leaky_models",
                "partition",
                "list_models",
                "list_refs",
            )
        }
        try:
            return self.project.template(self.model).render(functions)
        except BuildError:
            raise
        except jinja2.TemplateSyntaxError as error:
            raise BuildError(f"{self.model.path}:{error.lineno}: {error.message}") from None
        except (jinja2.UndefinedError, KeyError, TypeError, ValueError) as error:
            raise BuildError(f"{self.model.path}:{_template_line(error)}: {_meaning(error)}") from None

    def ref(self, relation: str) -> str:
        """Return the name of a relation in SQL and record it as an input of this model."""
        if relation in self.replaced:
            return self.replaced[relation]
        relation = self.model.substitutes.get(relation, relation)
        if relation not in self.project.writers and relation.split(".")[0] in self.project.awaited:
            self.refs[relation] = None
            return relation
        if relation not in self.project.writers:
            if new := new_relation(relation):
                raise ValueError(f"ref('{relation}'): {relation} is now {new}")
            near = get_close_matches(relation, self.project.writers, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"ref('{relation}') names no model{hint}")
        self.refs[relation] = None
        return self.project.location(relation)

    def ref_all(self, pattern: str, excluding: Iterable[str] = ()) -> list[str]:
        """Return the names of all enabled relations that match a glob, recorded as inputs."""
        self.is_gathering = True
        matching = self._matching(pattern)
        return [self.ref(relation) for relation in matching if relation not in excluding]

    def _matching(self, pattern: str) -> list[str]:
        """Return the relations that match a glob; of ``scores`` only the partition that is being rendered."""
        found = self.project.matching(pattern)
        if self.only_partition is None:
            return found
        return [
            name
            for name in found
            if not name.startswith("scores.") or name == f"scores.{self.only_partition}"
        ]

    def partition(self) -> str | None:
        """Return the model of ``scores/`` whose partition is being rendered; None if all are."""
        return self.only_partition

    def models(self, layer: str, excluding: Iterable[str] = ()) -> list[str]:
        """Return the stems of a layer's enabled relations, sorted."""
        self.is_gathering = True
        stems = [relation.split(".")[1] for relation in self._matching(f"{layer}.*")]
        return [stem for stem in stems if stem not in excluding]

    def header(self, relation: str, key: str) -> str:
        """Return a line of a model's header, empty where the header has no such line."""
        self.is_gathering = True
        return self.project.writers[relation].header.get(key, "")

    def list_models(self, *kinds: str) -> dict[str, dict[str, str]]:
        """Return kind and settings of the list models by name, the simplest first; all kinds by default."""
        self.is_gathering = True
        return {
            stem: {"kind": model.list_kind, **model.list_settings}
            for stem, model in self.project.list_models().items()
            if not kinds or model.list_kind in kinds
        }

    def list_refs(self, *kinds: str, schema: str = "") -> dict[str, str]:
        """Return the relations of the list models by their names, which become inputs of this model.

        With ``schema`` these are what is judged: ``lists.<name>_validation``, or a scenario's variants.
        """
        return {stem: self.ref(self._list_relation(stem, schema)) for stem in self.list_models(*kinds)}

    def _list_relation(self, stem: str, schema: str) -> str:
        judged, variant = f"lists.{stem}_validation", f"{schema}.lists_{stem}"
        if schema and judged in self.project.writers:
            return judged
        is_there = variant in self.project.writers or schema in self.project.awaited
        return variant if is_there else f"lists.{stem}"

    def source(self, name: str) -> str:
        """Return the bound parameter with an input file's path; only staging may read files."""
        layer = (self.model.original or self.model.name).split(".")[0]
        if layer != "staging":
            raise ValueError(f"source('{name}') in the layer {layer}: only staging reads files")
        self.sources[name] = None
        return f"${name}"

    def has_source(self, name: str) -> bool:
        """Return whether an optional input file is present."""
        return name in self.project.present

    def learner(
        self,
        function: str,
        settings: Mapping[str, Any] | None = None,
        fitted: Mapping[str, str] | None = None,
        **inputs: str,
    ) -> str:
        """Declare that a function of ``recsys.learners`` writes this model, from relations and settings.

        ``fitted`` are further relations by argument name, such as those of all list models.
        """
        return self._python(f"learners.{function}", {**(fitted or {}), **inputs}, settings or {})

    def reader(self, function: str, settings: Mapping[str, Any] | None = None, **inputs: str) -> str:
        """Declare that a function of ``recsys.sources`` writes this model, from files and relations."""
        return self._python(f"sources.{function}", inputs, settings or {})

    def compiled(self, function: str, settings: Mapping[str, Any] | None = None, **inputs: str) -> str:
        """Declare a function of ``recsys.learners`` that returns the rows of this SQL, many times faster.

        It runs on one machine where loops are compiled; a cluster, and an installation without numba, run the
        SQL.
        """
        module, _, name = function.rpartition(".")
        self.loops = PythonCall(f"learners.{module}", name, inputs, {}, settings or {})
        given = ", ".join(f"{argument} = {relation}" for argument, relation in inputs.items())
        return f"-- where loops are compiled, recsys.learners.{function}({given}) returns these rows"

    def _python(self, function: str, inputs: Mapping[str, str], settings: Mapping[str, Any]) -> str:
        module, _, name = function.rpartition(".")
        sources = {argument: text[1:] for argument, text in inputs.items() if text.startswith("$")}
        relations = {argument: text for argument, text in inputs.items() if argument not in sources}
        labels = {argument: text for argument, text in relations.items() if isinstance(text, CrossValidated)}
        if len(labels) > 1 or (labels and self.model.layer != "scores"):
            raise ValueError("cross_validated(...): expected one such argument, of a model of scores/")
        relations = {argument: text for argument, text in relations.items() if argument not in labels}
        folds = self.ref("features.folds") if labels else ""
        self.call = PythonCall(module, name, relations, sources, settings, labels, folds)
        described = ", ".join(f"{argument} = {text}{_note(text)}" for argument, text in inputs.items())
        return f"-- written by recsys.{function}({described})"

    def cross_validated(self, relation: str) -> CrossValidated:
        """Mark labels for cross-validation: the learner runs once per fold of users without theirs."""
        return CrossValidated(relation)

    def leaky_models(self) -> list[str]:
        """Return the models of ``scores/`` that may have seen the labels of a user they score."""
        self.is_gathering = True
        return [model for model in self.models("scores") if self._is_leaky(f"scores.{model}")]

    def _is_leaky(self, relation: str) -> bool:
        return relation == "staging.labels" or "staging.labels" in self.project.ancestors(
            relation, _reads_labels
        )

    def depends_on(self, relation: str, ancestor: str) -> bool:
        """Return whether a relation is made from another, directly or indirectly."""
        self.is_gathering = True
        return self._depends(relation, {ancestor})

    def inline(self, relation: str, replacing: Mapping[str, str]) -> str:
        """Return a model's SQL as a subquery over other inputs: the same formulas for another candidate set.

        Parents that depend on a replaced relation are inlined too; others are read from the warehouse.

        Raises
        ------
        ValueError
            A name is no relation, or Python writes the model.
        """
        unknown = [name for name in (relation, *replacing) if name not in self.project.writers]
        if unknown:
            raise ValueError(f"inline('{relation}'): {unknown[0]} is no model")
        self.is_gathering = True
        inner = Rendering(self.project, self.project.writers[relation], replacing)
        text = _without_comments(unmarked(inner.text())[0])
        if inner.call:
            raise ValueError(f"inline('{relation}'): Python writes it, there is no SQL to inline")
        for parent in inner.refs:
            if self._depends(parent, replacing):
                text = _substitute(text, self.project.location(parent), self.inline(parent, replacing))
            else:
                self.refs[parent] = None
        return f"({text})"

    def _depends(self, relation: str, ancestors: Iterable[str]) -> bool:
        return not self.project.ancestors(relation, _read).isdisjoint(ancestors)


def _read(rendered: Rendered) -> tuple[str, ...]:
    return rendered.refs


def _reads_labels(rendered: Rendered) -> list[str]:
    """Return the inputs of a model, except labels that it only gets cross-validated."""
    if rendered.call and rendered.call.labels:
        return [parent.removeprefix("scratch.") for parent in rendered.call.relations.values()]
    return [] if rendered.model.header.get("labels") else list(rendered.refs)


def _substitute(text: str, relation: str, subquery: str) -> str:
    return re.sub(rf"(?<![\w.]){re.escape(relation)}(?![\w.])", lambda _: subquery, text)


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("--")).strip()


def _template_line(error: BaseException) -> int:
    """Return the line of the model that was being rendered: templates number their own lines."""
    line, trace = 1, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _meaning(error: Exception) -> str:
    return f"no parameter {error} in parameters.toml" if isinstance(error, KeyError) else str(error)
