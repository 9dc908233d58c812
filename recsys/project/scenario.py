"""Render the same models over other inputs, as ``scenarios.toml`` describes.

A section names a schema, what is replaced, and the targets::

    [validation]
    replacing = { "staging.ratings" = "validation.ratings", "staging.candidates" = "validation.candidates" }
    targets = ["features.ranking", "scores.*"]

Every model between a replaced relation and a target gets a variant, ``validation.<layer>_<stem>``, which
reads the variants of what its original reads. A variant has its original's file and contract; plan, graph and
records treat it as any other model. A relation that is replaced by itself stays as it is, with everything
upstream. A target with a glob means those matches that SQL alone makes from the replaced relations.

With ``kept = "temp"`` its variants exist only during the build. With ``fits = true`` models that Python
writes have variants too: their function runs again, and what it returns by the original's name becomes the
variant.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from recsys.errors import BuildError
from recsys.identifiers import IDENTIFIER
from recsys.project.files import read_text
from recsys.project.model import LAYERS, SCENARIOS, Model

KEYS = ("replacing", "targets", "kept", "fits")


@dataclass(frozen=True)
class Scenario:
    """Hold one section: the schema of the variants, the replacements, and the targets."""

    path: Path
    schema: str
    replacing: Mapping[str, str]
    targets: Sequence[str]
    is_temporary: bool
    is_fitted: bool = False

    def variant_of(self, relation: str) -> str:
        """Return the name of a relation's variant."""
        return f"{self.schema}.{relation.replace('.', '_')}"


def read_scenarios(path: Path) -> list[Scenario]:
    """Read the sections of a file.

    Returns
    -------
    list of Scenario
        Empty if there is no such file.

    Raises
    ------
    BuildError
        A section is incomplete or has a wrong value.
    """
    if not path.is_file():
        return []
    try:
        sections = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise BuildError(f"{path}: {error}") from None
    return [_scenario(path, schema, section) for schema, section in sections.items()]


def _scenario(path: Path, schema: str, section: object) -> Scenario:
    where = f"{path}: [{schema}]"
    if not IDENTIFIER.fullmatch(schema) or schema in {*LAYERS} - SCENARIOS:
        raise BuildError(f"{where}: expected the name of a new schema, of lower-case letters, digits and _")
    if not isinstance(section, dict) or section.keys() - set(KEYS):
        raise BuildError(f"{where}: expected the keys {', '.join(KEYS)}")
    replacing, targets, kept = (section.get(key) for key in ("replacing", "targets", "kept"))
    if not isinstance(replacing, dict) or not replacing:
        raise BuildError(f'{where}: expected replacing = {{ "staging.x" = "{schema}.x" }}')
    if not isinstance(targets, list) or not targets:
        raise BuildError(f'{where}: expected targets = ["layer.model"]')
    if kept not in (None, "temp"):
        raise BuildError(
            f"{where}: kept = {kept!r}: expected kept = 'temp', or variants kept as their originals"
        )
    if (fits := section.get("fits", False)) not in (True, False):
        raise BuildError(f"{where}: fits = {fits!r}: expected true or false")
    return Scenario(path, schema, replacing, targets, kept == "temp", fits)


def variants(
    scenario: Scenario,
    writers: Mapping[str, Model],
    refs: Callable[[Model], Iterable[str]],
    is_python: Callable[[Model], bool],
) -> list[Model]:
    """Return the variants of one scenario, sorted by name.

    Parameters
    ----------
    scenario : Scenario
        The section.
    writers : mapping of str to Model
        The model that writes each relation.
    refs : callable
        Returns the relations that a model reads.
    is_python : callable
        Returns whether a model cannot have a variant because Python writes it or it reads files.

    Raises
    ------
    BuildError
        A name is no relation, or a target depends on such a model.
    """
    _refuse_unknown(scenario, writers)
    closure = _Closure(scenario, writers, refs, is_python)
    wanted: dict[str, Model] = {}
    for target in scenario.targets:
        for name in _named(target, writers):
            wanted |= closure.above(name, is_required=target == name)
    renamed = {relation: scenario.variant_of(relation) for relation in wanted}
    substitutes = {**renamed, **scenario.replacing}
    kept = "temp" if scenario.is_temporary else None
    return [_variant(model, renamed[name], substitutes, kept) for name, model in sorted(wanted.items())]


def _refuse_unknown(scenario: Scenario, writers: Mapping[str, Model]) -> None:
    wanted = [name for name in scenario.targets if not _named(name, writers)]
    for name in [*scenario.replacing, *scenario.replacing.values(), *wanted]:
        if name not in writers:
            raise BuildError(f"{scenario.path}: [{scenario.schema}]: {name} is no model")


def _named(target: str, writers: Mapping[str, Model]) -> list[str]:
    return [name for name, model in writers.items() if name == model.name and fnmatchcase(name, target)]


def _variant(model: Model, name: str, substitutes: Mapping[str, str], kept: str | None) -> Model:
    header = dict(model.header)
    if "rows" in header:
        header["rows"] = ", ".join(substitutes.get(other, other) for other in model.listed("rows"))
    of_variant = {other: substitutes.get(place, place) for other, place in model.substitutes.items()}
    return replace(
        model,
        name=name,
        header=header,
        materialized=kept or model.materialized,
        substitutes={**substitutes, **of_variant},
        original=model.original or model.name,
    )


class _Closure:
    """Collect the models between the replaced relations and a target."""

    def __init__(
        self,
        scenario: Scenario,
        writers: Mapping[str, Model],
        refs: Callable[[Model], Iterable[str]],
        is_python: Callable[[Model], bool],
    ) -> None:
        self.scenario, self.writers, self.refs, self.is_python = scenario, writers, refs, is_python
        self.known: dict[str, dict[str, Model]] = {}
        self.blocked: dict[str, str] = {}

    def above(self, relation: str, is_required: bool) -> dict[str, Model]:
        """Return the models to render again for a relation; none if it depends on nothing replaced."""
        found = self._above(relation)
        if blocker := self.blocked.get(relation):
            if is_required:
                where = f"{self.scenario.path}: [{self.scenario.schema}]"
                raise BuildError(
                    f"{where}: {relation} depends on {blocker}, which has no variant: replace it"
                )
            return {}
        return found

    def _above(self, relation: str) -> dict[str, Model]:
        if relation in self.known:
            return self.known[relation]
        self.known[relation] = {}  # stops at circles, which `Project.graph` refuses
        model = self.writers[relation]
        found: dict[str, Model] = {}
        for parent in self.refs(model):
            if parent in self.scenario.replacing:
                if self.scenario.replacing[parent] != parent:
                    found[relation] = model
                continue
            if parent not in self.writers:  # a variant of this or a later section
                self.blocked[relation] = parent
                continue
            above = self._above(parent)
            if above:
                found |= {**above, relation: model}
            if parent in self.blocked:
                self.blocked[relation] = self.blocked[parent]
        if found and self.is_python(model):
            self.blocked[relation] = relation
        self.known[relation] = found
        return found
