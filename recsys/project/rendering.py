"""Renders one model: the functions that templates call, and the way back from rendered SQL to its file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Protocol

import jinja2

from recsys.errors import BuildError
from recsys.project.literal import columns, complaint, literal_names, mentioned
from recsys.project.model import Model
from recsys.project.templates import unmarked


@dataclass(frozen=True)
class PythonCall:
    """What a model's ``learner(...)`` or ``reader(...)`` call names.

    ``module`` is a module of this package; ``relations`` and ``sources`` map argument names to the relations
    and the input files that the function gets, and ``settings`` are constants for it. ``labels`` maps the
    argument that it gets without the labels of one fold at a time, and ``folds`` is where the folds are.
    """

    module: str
    function: str
    relations: Mapping[str, str]
    sources: Mapping[str, str]
    settings: Mapping[str, Any]
    labels: Mapping[str, str] = field(default_factory=dict)
    folds: str = ""

    @property
    def is_learner(self) -> bool:
        return self.module.startswith("learners.")


@dataclass(frozen=True)
class Rendered:
    """A model after Jinja: its SQL, what it reads, and the line of the file that each line came from.

    ``is_gathering`` says that it asked which other models there are, so that it may render otherwise
    without one of them.
    """

    model: Model
    sql: str
    refs: tuple[str, ...]
    sources: tuple[str, ...]
    call: PythonCall | None
    is_gathering: bool
    lines: tuple[int, ...] = field(repr=False)

    def origin(self, offset: int) -> tuple[int, int]:
        """1-based line of the model file and column of a 0-based character offset in the rendered SQL."""
        before = self.sql[: max(0, offset)]
        rendered_line = before.count("\n")
        return self.lines[min(rendered_line, len(self.lines) - 1)], len(before) - before.rfind("\n")


def _note(text: str) -> str:
    return " out of fold" if isinstance(text, OutOfFold) else ""


class OutOfFold(str):
    """The name of a relation of labels that a learner may see without those of one fold at a time."""


Parents = Callable[[Rendered], Iterable[str]]  # what a model is made from, in one sense or another


class Models(Protocol):
    """What the templates of a project can ask of it."""

    present: frozenset[str]
    awaited: set[str]  # schemas whose variants are not made yet: what they will hold may be read

    @property
    def writers(self) -> Mapping[str, Model]: ...

    @property
    def schemas(self) -> frozenset[str]: ...

    def template(self, model: Model) -> jinja2.Template: ...
    def own_lines(self, model: Model) -> Mapping[int, frozenset[str]]: ...
    def render(self, name: str) -> Rendered: ...
    def location(self, relation: str) -> str: ...
    def matching(self, pattern: str) -> list[str]: ...
    def ancestors(self, relation: str, parents: Parents) -> set[str]: ...


class Rendering:
    """One run of Jinja over one model: the functions that templates call, and a record of the calls."""

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
        self.is_gathering = False

    def run(self) -> Rendered:
        sql, lines = unmarked(self.text())
        reads = tuple(self.refs), tuple(self.sources)
        rendered = Rendered(self.model, sql, *reads, self.call, self.is_gathering, lines)
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
        """The model's text with its marks, after Jinja."""
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
                "inline",
                "depends_on",
                "out_of_fold",
                "leaky_models",
                "partition",
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
        """The name of a relation, which thereby becomes an input of this model."""
        if relation in self.replaced:
            return self.replaced[relation]
        relation = self.model.substitutes.get(relation, relation)
        if relation not in self.project.writers and relation.split(".")[0] in self.project.awaited:
            self.refs[relation] = None
            return relation
        if relation not in self.project.writers:
            near = get_close_matches(relation, self.project.writers, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"ref('{relation}') names no model{hint}")
        self.refs[relation] = None
        return self.project.location(relation)

    def ref_all(self, pattern: str, excluding: Iterable[str] = ()) -> list[str]:
        """The names of every enabled relation that matches a glob: all become inputs of this model."""
        self.is_gathering = True
        matching = self._matching(pattern)
        return [self.ref(relation) for relation in matching if relation not in excluding]

    def _matching(self, pattern: str) -> list[str]:
        """The relations that a glob means; of ``scores`` that of the part alone, where one is rendered."""
        found = self.project.matching(pattern)
        if self.only_partition is None:
            return found
        return [
            name
            for name in found
            if not name.startswith("scores.") or name == f"scores.{self.only_partition}"
        ]

    def partition(self) -> str | None:
        """The model of scores/ that alone this is rendered for; None where it is rendered for all."""
        return self.only_partition

    def models(self, layer: str, excluding: Iterable[str] = ()) -> list[str]:
        """The stems of a layer's enabled relations, in the order of their names."""
        self.is_gathering = True
        stems = [relation.split(".")[1] for relation in self._matching(f"{layer}.*")]
        return [stem for stem in stems if stem not in excluding]

    def header(self, relation: str, key: str) -> str:
        """Return a line of a model's header, empty where the header has no such line."""
        self.is_gathering = True
        return self.project.writers[relation].header.get(key, "")

    def source(self, name: str) -> str:
        """The bound parameter that holds an input file's path; only staging may read files."""
        if self.model.layer != "staging":
            raise ValueError(f"source('{name}') in the layer {self.model.layer}: only staging reads files")
        self.sources[name] = None
        return f"${name}"

    def has_source(self, name: str) -> bool:
        """Whether an optional input file is there."""
        return name in self.project.present

    def learner(self, function: str, settings: Mapping[str, Any] | None = None, **inputs: str) -> str:
        """Declares that a function of ``recsys.learners`` writes this model, from relations and settings."""
        return self._python(f"learners.{function}", inputs, settings or {})

    def reader(self, function: str, settings: Mapping[str, Any] | None = None, **inputs: str) -> str:
        """Declares that a function of ``recsys.sources`` writes this model, from files and relations."""
        return self._python(f"sources.{function}", inputs, settings or {})

    def _python(self, function: str, inputs: Mapping[str, str], settings: Mapping[str, Any]) -> str:
        module, _, name = function.rpartition(".")
        sources = {argument: text[1:] for argument, text in inputs.items() if text.startswith("$")}
        relations = {argument: text for argument, text in inputs.items() if argument not in sources}
        labels = {argument: text for argument, text in relations.items() if isinstance(text, OutOfFold)}
        if len(labels) > 1 or (labels and self.model.layer != "scores"):
            raise ValueError("out_of_fold(...): expected one such argument, of a model of scores/")
        relations = {argument: text for argument, text in relations.items() if argument not in labels}
        folds = self.ref("features.folds") if labels else ""
        self.call = PythonCall(module, name, relations, sources, settings, labels, folds)
        described = ", ".join(f"{argument} = {text}{_note(text)}" for argument, text in inputs.items())
        return f"-- written by recsys.{function}({described})"

    def out_of_fold(self, relation: str) -> OutOfFold:
        """Labels for a learner, which runs once for each fold of users without theirs (engine.folds)."""
        return OutOfFold(relation)

    def leaky_models(self) -> list[str]:
        """The models of scores/ that may have seen the labels of a user whom they score."""
        self.is_gathering = True
        return [model for model in self.models("scores") if self._is_leaky(f"scores.{model}")]

    def _is_leaky(self, relation: str) -> bool:
        return relation == "staging.labels" or "staging.labels" in self.project.ancestors(
            relation, _reads_labels
        )

    def depends_on(self, relation: str, ancestor: str) -> bool:
        """Whether a relation is made, at however many removes, from another."""
        self.is_gathering = True
        return self._depends(relation, {ancestor})

    def inline(self, relation: str, replacing: Mapping[str, str]) -> str:
        """A model's SQL as a subquery over other inputs: the same formulas for another candidate set.

        Whatever it reads that itself depends on a replaced relation is inlined in turn; the rest is read
        from the warehouse. ValueError for a name that is no relation, and for a model without SQL.
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
    """What a model reads, without the labels that it gets out of fold only."""
    if rendered.call and rendered.call.labels:
        return [parent.removeprefix("scratch.") for parent in rendered.call.relations.values()]
    return [] if rendered.model.header.get("labels") else list(rendered.refs)


def _substitute(text: str, relation: str, subquery: str) -> str:
    return re.sub(rf"(?<![\w.]){re.escape(relation)}(?![\w.])", lambda _: subquery, text)


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("--")).strip()


def _template_line(error: BaseException) -> int:
    """The line of the model that was being rendered: Jinja gives template frames their own line numbers."""
    line, trace = 1, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _meaning(error: Exception) -> str:
    return f"no parameter {error} in parameters.toml" if isinstance(error, KeyError) else str(error)
