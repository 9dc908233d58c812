"""Read ``sql/``: templates, headers, parameters, and the graph of ``ref()`` calls."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import jinja2

from recsys.errors import BuildError
from recsys.identifiers import IDENTIFIER
from recsys.project.files import parameters_file, read_text, sql_files
from recsys.project.header import LISTS
from recsys.project.literal import own_lines, refuse_in_macros
from recsys.project.model import LAYERS, Model, read_models
from recsys.project.parameters import Parameters
from recsys.project.rendered import Parents, Rendered
from recsys.project.rendering import Rendering
from recsys.project.scenario import Scenario, read_scenarios, variants
from recsys.project.templates import compiled, environment, macros

RELATION = re.compile(rf"{IDENTIFIER.pattern}\.{IDENTIFIER.pattern}")


class Project:
    """Hold the models of one ``sql/`` folder and render them for the input files that are present."""

    def __init__(self, root: Path, parameters: Parameters, present: Iterable[str] = ()) -> None:
        self.root, self.parameters, self.present = root, parameters, frozenset(present)
        defaults = parameters.values.get("materialized", {})
        self.models = {model.name: model for model in read_models(root, defaults)}
        self.writers = {relation: model for model in self.models.values() for relation in model.relations}
        self._noted: list[set[str]] = []
        self._rendered: dict[str, Rendered] = {}
        self._ancestors: dict[tuple[Parents, str], set[str]] = {}
        self._matching: dict[str, list[str]] = {}
        self._parents: dict[tuple[str, ...], tuple[str, ...]] = {}  # of the relations that a model reads
        self._templates: dict[str, jinja2.Template] = {}
        self._own_lines: dict[str, Mapping[int, frozenset[str]]] = {}
        self.enabled = set(self.models)
        scenarios = read_scenarios(root / "scenarios.toml")
        self.awaited = {scenario.schema for scenario in scenarios}
        there = {relation.split(".")[0] for relation in self.writers}
        self.schemas = frozenset({*LAYERS, *there, *self.awaited})  # schemas of all possible relations
        for scenario in scenarios:
            self._substitute(scenario)
            self.awaited.remove(scenario.schema)
        for model in self.models.values():
            self._refuse_unknown(model)
        self.enabled = set(self.models)

    def _refuse_unknown(self, model: Model) -> None:
        """Raise BuildError for a name in a header that is no relation, or that belongs to another model."""
        for entry in ("rows", "needs"):
            for relation in model.listed(entry):
                if relation not in self.writers:
                    raise BuildError(f"{model.place(entry)}: {entry}: {relation} is no model")
        for relation in model.listed("also"):
            if not RELATION.fullmatch(relation):
                expected = "expected names such as features.b"
                raise BuildError(f"{model.place('also')}: also: {relation!r}: {expected}")
            if self.writers[relation].name != model.name or relation in self.models:
                raise BuildError(f"{model.place('also')}: also: {relation} is a model of its own")

    def _substitute(self, scenario: Scenario) -> None:
        """Add the variants of one scenario."""
        made = variants(
            scenario,
            dict(self.writers),
            refs=lambda model: self.render(model.name).refs,
            is_python=lambda model: self._has_no_variant(model, scenario.is_fitted),
        )
        named = {model.name: model for model in made}
        if taken := sorted(named.keys() & self.writers.keys()):
            raise BuildError(f"{scenario.path}: [{scenario.schema}]: {taken[0]} is there already")
        self.models |= named
        self.writers |= named
        self._parents.clear()
        self._forget(f"{scenario.schema}.")

    def _forget(self, *starts: str) -> None:
        """Discard renderings that list models, or read relations whose names have one of these prefixes."""
        self._rendered = {
            name: one
            for name, one in self._rendered.items()
            if not one.is_gathering and not any(ref.startswith(starts) for ref in one.refs)
        }
        self._ancestors.clear()
        self._matching.clear()

    def _has_no_variant(self, model: Model, is_fitted: bool) -> bool:
        """Return whether a model has no variants: it reads files, or Python writes it once."""
        rendered = self.render(model.name)
        is_alone = is_fitted and model.relations == (model.name,)
        return bool(rendered.sources) or (rendered.call is not None and not is_alone)

    def list_models(self) -> dict[str, Model]:
        """Return the list models by their names, the simplest first.

        A model that cannot be fitted to the history that validation leaves is left out: nothing judges it.
        """
        found = [model for model in self.models.values() if model.name in self.enabled and model.list_kind]
        unfit = {model.original for model in self.models.values() if model.name not in self.enabled}
        chosen = [model for model in found if not model.original and model.name not in unfit]
        chosen.sort(key=lambda model: (LISTS.index(model.list_kind), model.name))
        return {model.stem: model for model in chosen}

    @classmethod
    def load(
        cls,
        root: Path | None = None,
        overrides: Iterable[str] = (),
        present: Iterable[str] = (),
        of_data: Mapping[str, Any] | None = None,
    ) -> Project:
        """Load a folder of models.

        Parameters
        ----------
        root : Path, optional
            The folder. Default: the models that ship with the program.
        overrides : iterable of str
            ``NAME=VALUE`` parameters, which win over ``of_data``.
        present : iterable of str
            Names of the input files that the data directory has.
        of_data : mapping of str to Any, optional
            Parameters that suit the data, by dotted name.

        Returns
        -------
        Project
            Its templates are not rendered yet.

        Raises
        ------
        UsageError
            The folder has no ``parameters.toml``, or a parameter is wrong.
        BuildError
            A header or a scenario is wrong.
        """
        path = parameters_file(root)
        return cls(path.parent, Parameters.load(path, overrides, of_data), present)

    @cached_property
    def environment(self) -> jinja2.Environment:
        """Return the Jinja environment with the functions and macros of this project."""
        made = environment()
        made.globals["var"] = self._var
        made.globals.update(self._macros(made))
        return made

    def _var(self, dotted: str, default: Any = None) -> Any:
        """Return a constant or a section to a template, and note that it was asked for."""
        if self._noted:
            self._noted[-1].add(dotted)
        return self.parameters.get(dotted, default)

    @contextlib.contextmanager
    def noting_parameters(self) -> Iterator[set[str]]:
        """Note which constants and sections templates ask for inside the block."""
        self._noted.append(set())
        try:
            yield self._noted[-1]
        finally:
            self._noted.pop()

    def _macros(self, into: jinja2.Environment) -> dict[str, object]:
        """Return the macros of ``sql/macros``, which all models and macros can call by name."""
        texts = {path: read_text(path) for path in sorted(sql_files(self.root / "macros"))}
        source = "\n".join(texts.values())
        try:
            found = macros(into, source)
        except jinja2.TemplateSyntaxError as error:
            raise BuildError(f"{_place(texts, error.lineno)}: {error.message}") from None
        for path, text in texts.items():
            refuse_in_macros(path, text, self.schemas, self.writers)
        return found

    def render(self, name: str) -> Rendered:
        """Render one model.

        Raises
        ------
        BuildError
            The template, or a name in it, is wrong; the message has file and line.
        """
        if name not in self._rendered:
            self._rendered[name] = Rendering(self, self.writers[name]).run()
        return self._rendered[name]

    def partitions(self, model: Model) -> dict[str, Rendered]:
        """Render a partitioned model once per model of ``scores/``; return an empty dictionary for others."""
        if "partition_by" not in model.header:
            return {}
        names = [relation.removeprefix("scores.") for relation in self.matching("scores.*")]
        return {name: Rendering(self, model, partition=name).run() for name in names}

    def template(self, model: Model) -> jinja2.Template:
        """Return the compiled template of a model, which tracks line numbers."""
        if model.name not in self._templates:
            source = read_text(model.path)
            self._templates[model.name] = compiled(self.environment, model.name, source)
            self._own_lines[model.name] = own_lines(source, self.schemas)
        return self._templates[model.name]

    def own_lines(self, model: Model) -> Mapping[int, frozenset[str]]:
        """Return the names like ``schema.relation`` in a model's own file, by line."""
        self.template(model)
        return self._own_lines[model.name]

    def disable(self, names: Iterable[str]) -> None:
        """Remove models; templates that list models render without them."""
        self.enabled -= set(names)
        self._forget()

    def add(self, model: Model) -> None:
        """Add a model that no file defines, such as the variant of one for some users."""
        self.models[model.name] = self.writers[model.name] = model
        self._parents.clear()
        self.enabled.add(model.name)
        self.schemas |= {model.layer}
        self._rendered.pop(model.name, None)

    def in_order(self, rendered: Mapping[str, Rendered]) -> list[Rendered]:
        """Return some models in an order in which they can run."""
        parents = {
            name: tuple(parent for parent in self._inputs_through_views(one) if parent in rendered)
            for name, one in rendered.items()
        }
        return [rendered[name] for name in _in_order(parents)]

    def _inputs_through_views(self, rendered: Rendered) -> Iterator[str]:
        """Yield the inputs of a model, and those of the views among them."""
        for parent in self.parents(rendered):
            yield parent
            if self.models[parent].materialized == "view":
                yield from self._inputs_through_views(self.render(parent))

    def graph(self) -> dict[str, Rendered]:
        """Return the enabled models in the order in which they can run.

        Raises
        ------
        BuildError
            Models refer to each other in a circle, or a view reads a temporary relation.
        """
        rendered = {name: self.render(name) for name in sorted(self.enabled)}
        self._refuse_views_of_temporaries(rendered.values())
        parents = {name: self.parents(item) for name, item in rendered.items()}
        try:
            list(TopologicalSorter(parents).static_order())
        except CycleError as error:
            circle = " -> ".join(error.args[1])
            raise BuildError(f"the models refer to each other in a circle: {circle}") from None
        return {name: rendered[name] for name in _in_order(parents)}

    def _refuse_views_of_temporaries(self, rendered: Iterable[Rendered]) -> None:
        for one in rendered:
            temporary = [ref for ref in one.refs if self.writers[ref].materialized == "temp"]
            if temporary and one.model.materialized in ("view", "macro"):
                raise BuildError(
                    f"{one.model.place('materialized')}: a {one.model.materialized} of {temporary[0]}, "
                    "which goes when the build ends: expected materialized: temp or table"
                )

    def parents(self, rendered: Rendered) -> tuple[str, ...]:
        """Return the models that write what a rendered model reads."""
        if rendered.refs not in self._parents:
            names = (self.writers[relation].name for relation in rendered.refs)
            self._parents[rendered.refs] = tuple(dict.fromkeys(names))
        return self._parents[rendered.refs]

    @property
    def layers(self) -> tuple[str, ...]:
        """Return the schemas, standard layers first."""
        further = {model.layer for model in self.models.values()} - {*LAYERS, "checks"}
        return (*LAYERS, *sorted(further))

    def ancestors(self, relation: str, parents: Parents) -> set[str]:
        """Return everything that a relation is made from, directly or indirectly, following ``parents``."""
        known = self._ancestors
        if (parents, relation) not in known:
            found: set[str] = set()
            waiting = [relation]
            while waiting:
                writer = self.writers.get(waiting.pop())  # a variant may not exist yet
                new = set(parents(self.render(writer.name))) - found if writer else set()
                found.update(new, *(known.get((parents, one), ()) for one in new))
                waiting += [one for one in new if (parents, one) not in known]
            known[parents, relation] = found
        return known[parents, relation]

    def location(self, relation: str) -> str:
        """Return the name of a relation in SQL; temporary relations are in the database ``scratch``."""
        return f"scratch.{relation}" if self.writers[relation].materialized == "temp" else relation

    def writer_at(self, place: str) -> Model:
        """Return the model that writes the relation with this name in SQL."""
        return self.writers[place.removeprefix("scratch.")]

    def matching(self, pattern: str) -> list[str]:
        """Return the relations of enabled models whose name matches a glob, sorted."""
        if pattern not in self._matching:
            self._matching[pattern] = sorted(
                relation
                for relation, model in self.writers.items()
                if model.name in self.enabled and fnmatchcase(relation, pattern)
            )
        return self._matching[pattern]


def _place(texts: Mapping[Path, str], line: int) -> str:
    """Return the file and line of a line of texts that were joined by line breaks."""
    for path, text in texts.items():
        if line <= (count := text.count("\n") + 1):
            return f"{path}:{line}"
        line -= count
    raise ValueError(f"no line {line} in the macros")


def _in_order(parents: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return a topological order that goes layer by layer, then by name, as far as possible."""
    rank = {layer: position for position, layer in enumerate(LAYERS)}
    sorter = TopologicalSorter(parents)
    sorter.prepare()
    order, ready = [], list(sorter.get_ready())
    while ready:
        ready.sort(key=lambda name: (rank.get(name.split(".")[0], len(rank)), name))
        name = ready.pop(0)
        order.append(name)
        sorter.done(name)
        ready.extend(sorter.get_ready())
    return order
