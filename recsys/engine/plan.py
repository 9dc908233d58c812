"""Decide which models a build runs, and why, by comparing fingerprints of their inputs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from recsys.backends.partitions import Update, digests, update
from recsys.errors import UsageError, unknown
from recsys.project import Model, Project
from recsys.project.renamed import new_relation
from recsys.project.rendered import Rendered
from recsys.sources.source_file import SourceFile

PACKAGE = Path(__file__).resolve().parents[1]
IMPORT = re.compile(
    r"^\s*(?:from recsys\b\.?([\w.]*) import (\([^)]*\)|[^\n]*)|import recsys\.([\w.]+))", re.MULTILINE
)
IDENTIFIER = re.compile(r"\w+")
SIZE, RENEWED = "size", "renewed"  # what the fingerprint of a relation has that is reused
GROWTH = 1.2  # of the data, from which on it is made anew


@dataclass(frozen=True)
class Fingerprint:
    """Hold digests of everything a model is made from.

    Parameters
    ----------
    sql, code : str
        Digests of its SQL with parameters, and of the Python code that writes it.
    inputs, parents : mapping of str to str
        Digests of its input files, and of its parents' fingerprints.
    partitions : mapping of str to str
        Digests of its partitions, if any: `recsys.backends.partitions`.
    parameters : mapping of str to str
        The constants that its SQL or settings were made with, which ``sql`` covers; of a learner with several
        solvers also ``solver``, the one that ran.
    appended : bool
        Whether an append updated rows since it was made.
    """

    sql: str
    code: str
    inputs: Mapping[str, str]
    parents: Mapping[str, str]
    partitions: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    appended: bool = False

    @property
    def digest(self) -> str:
        """Return one digest of all."""
        return _digest(self._as_json("parameters"))

    def as_json(self) -> str:
        """Return the fingerprint as ``marts.build`` stores it."""
        return self._as_json()

    def _as_json(self, *without: str) -> str:
        optional = ("partitions", "parameters", "appended")
        fields = {name: value for name, value in vars(self).items() if name not in optional or value}
        return json.dumps({name: fields[name] for name in fields if name not in without}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Fingerprint:
        """Parse a stored fingerprint."""
        fields = json.loads(text)
        fields["partitions"] = fields.pop("parts", fields.get("partitions", {}))  # older warehouses
        return cls(**fields)

    def difference(self, other: Fingerprint | None) -> str | None:
        """Return why a relation made under ``other`` must be rebuilt; None if it is up to date."""
        if other is None or other.appended:
            return "not built yet" if other is None else "rows were appended"
        if self.sql != other.sql:
            return "its SQL or a parameter changed"
        if self.code != other.code:
            return "the learner's code changed"
        for name, digest in self.inputs.items():
            if name == SIZE and _is_alike(digest, other.inputs.get(name)):
                continue
            if other.inputs.get(name) != digest:
                return f"the input {name} changed"
        for name, digest in self.parents.items():
            if other.parents.get(name) != digest:
                return f"{name} changed"
        return None


@dataclass(frozen=True)
class Step:
    """Hold one model of a plan; ``reason`` says why it runs, None if the stored relation is kept.

    ``update`` is set if only some partitions are rebuilt.
    """

    rendered: Rendered
    fingerprint: Fingerprint
    reason: str | None
    update: Update | None = None

    @property
    def name(self) -> str:
        """Return the name of the model."""
        return self.rendered.model.name

    @property
    def runs(self) -> bool:
        """Return whether the model runs."""
        return self.reason is not None


def plan(
    project: Project,
    graph: Mapping[str, Rendered],
    files: Mapping[str, SourceFile],
    built: Mapping[str, Fingerprint],
    selected: frozenset[str] | None = None,
    forced: bool = False,
    renewed: str = "",
) -> list[Step]:
    """Plan the steps of a build.

    Parameters
    ----------
    project : Project
        The models.
    graph : mapping of str to Rendered
        The models in an order in which they can run.
    files : mapping of str to SourceFile
        The input files.
    built : mapping of str to Fingerprint
        What the warehouse has.
    selected : frozenset of str, optional
        Models to run; all others are left as they are. Default: run what changed.
    forced : bool, default False
        Whether to run everything.
    renewed : str, optional
        A build that makes anew what is otherwise reused while the data grow little.

    Returns
    -------
    list of Step
        In order.

    Raises
    ------
    UsageError
        A selected model reads a relation that the warehouse lacks.
    """
    steps: dict[str, Step] = {}
    for name, rendered in graph.items():
        parents = project.parents(rendered)
        partitions = project.partitions(rendered.model)
        read = {parent: steps[parent].fingerprint for parent in parents}
        given = project.parameters.under(rendered.parameters)
        fingerprint = _fingerprint(rendered, files, read, digests(project, partitions, read), given)
        if "reused" in rendered.model.header:
            fingerprint = _reusable(fingerprint, files, renewed)
        before = built.get(name)
        reason = fingerprint.difference(before)
        if selected is not None:
            reason = "selected" if name in selected else None
        elif forced:
            reason = "forced"
        if reason is None and name in built:
            fingerprint = built[name]
        is_to_be_whole = before is None or selected is not None or forced
        anew = None if is_to_be_whole else update(partitions, fingerprint.partitions, built[name].partitions)
        steps[name] = Step(rendered, fingerprint, reason, anew)
    _wake_temporaries(project, steps)
    if selected is not None:
        _refuse_gaps(project, steps, built)
    return list(steps.values())


def _fingerprint(
    rendered: Rendered,
    files: Mapping[str, SourceFile],
    parents: Mapping[str, Fingerprint],
    partitions: Mapping[str, str],
    parameters: Mapping[str, str],
) -> Fingerprint:
    call = rendered.call
    return Fingerprint(
        sql=_digest(f"{rendered.sql}{rendered.model.materialized}{json.dumps(call and dict(call.settings))}"),
        code=code_digest(python.module) if (python := call or rendered.compiled) else "",
        inputs={name: files[name].digest for name in rendered.sources},
        parents={name: fingerprint.digest for name, fingerprint in parents.items()},
        partitions=partitions,
        parameters=parameters,
    )


def _reusable(fingerprint: Fingerprint, files: Mapping[str, SourceFile], renewed: str) -> Fingerprint:
    """Return a fingerprint that depends on the size of the data, and not on every row of the parents."""
    size = {SIZE: str(sum(file.line_count for file in files.values()))}
    return replace(fingerprint, inputs={**size, **({RENEWED: renewed} if renewed else {})}, parents={})


def _is_alike(size: str, before: str | None) -> bool:
    """Return whether the data grew, or shrank, by less than a fifth."""
    return before is not None and 1 / GROWTH < (int(size) + 1) / (int(before) + 1) < GROWTH


def _wake_temporaries(project: Project, steps: dict[str, Step]) -> None:
    """Rebuild temporary relations for the steps that read them, and only for those."""
    for name, step in reversed(list(steps.items())):
        if step.rendered.model.materialized != "temp":
            continue
        readers = [other.name for other in steps.values() if name in project.parents(other.rendered)]
        needed = [reader for reader in readers if steps[reader].runs]
        reason = (step.reason or f"{needed[0]} reads it") if needed else None
        steps[name] = Step(step.rendered, step.fingerprint, reason)


def _refuse_gaps(project: Project, steps: Mapping[str, Step], built: Mapping[str, Fingerprint]) -> None:
    for step in steps.values():
        for parent in project.parents(step.rendered) if step.runs else ():
            if not steps[parent].runs and parent not in built:
                raise UsageError(
                    f"--select {step.name}: needs {parent}, which is not built; use --select +{step.name}"
                )


def select(project: Project, graph: Mapping[str, Rendered], patterns: Sequence[str]) -> frozenset[str]:
    """Return the models of patterns: ``NAME``, ``+NAME`` (with its inputs), ``NAME+`` (with its readers).

    A name is ``layer.stem``, the stem alone, a layer, or a glob of any of these.
    """
    parents = {name: set(project.parents(rendered)) for name, rendered in graph.items()}
    children = {name: {other for other in graph if name in parents[other]} for name in graph}
    chosen: set[str] = set()
    for pattern in patterns:
        models = (rendered.model for rendered in graph.values())
        meant = named(models, pattern.removeprefix("+").removesuffix("+"), "--select")
        chosen |= meant
        chosen |= _reach(meant, parents) if pattern.startswith("+") else set()
        chosen |= _reach(meant, children) if pattern.endswith("+") else set()
    return frozenset(chosen)


def named(models: Iterable[Model], pattern: str, option: str) -> set[str]:
    """Return the models that a name, a layer or a glob matches; raise UsageError if there are none."""
    models = list(models)
    meant = {
        model.name
        for model in models
        if any(
            fnmatchcase(part, pattern)
            for relation in model.relations
            for part in (relation, *relation.split("."))
        )
    }
    if not meant:
        if new := new_relation(pattern):
            raise UsageError(f"{option} {pattern}: {pattern} is now {new}")
        names = [part for model in models for name in model.relations for part in (name, name.split(".")[-1])]
        hint = "list them with recsys graph"
        raise UsageError(f"{option} {pattern}: {unknown('model', pattern, names, hint)}")
    return meant


def _reach(start: Iterable[str], edges: Mapping[str, set[str]]) -> set[str]:
    reached, waiting = set[str](), list(start)
    while waiting:
        for neighbour in edges[waiting.pop()] - reached:
            reached.add(neighbour)
            waiting.append(neighbour)
    return reached


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@cache
def code_digest(module: str) -> str:
    """Return a digest of the source of a module and of all modules of this package that it needs."""
    waiting, sources = [module], {}
    while waiting:
        name = waiting.pop()
        path = PACKAGE / f"{name.replace('.', '/')}.py"
        path = path if path.exists() else PACKAGE / name.replace(".", "/") / "__init__.py"
        if name not in sources and path.exists():
            sources[name] = path.read_text(encoding="utf-8")
            waiting.extend(_imports(sources[name]))
    return _digest(json.dumps(sources, sort_keys=True))


def _imports(source: str) -> Iterable[str]:
    """Return the modules of this package that a source imports, or that text in it seems to import."""
    for package, names, module in IMPORT.findall(source):
        yield from filter(None, (package, module))
        yield from (f"{package}.{name}".removeprefix(".") for name in IDENTIFIER.findall(names))
