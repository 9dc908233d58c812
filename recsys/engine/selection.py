"""Select models by name, layer or glob, with their inputs or readers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from recsys.errors import UsageError, unknown
from recsys.project import Model, Project
from recsys.project.renamed import new_relation
from recsys.project.rendered import Rendered


def select(project: Project, graph: Mapping[str, Rendered], patterns: Sequence[str]) -> frozenset[str]:
    """Return the models of patterns: ``NAME``, ``+NAME`` (with its inputs), ``NAME+`` (with its readers).

    A name is ``layer.stem``, the stem alone, a layer, or a glob of any of these.
    """
    parents = {name: set(project.parents(rendered)) for name, rendered in graph.items()}
    children = {name: {other for other in graph if name in parents[other]} for name in graph}
    chosen: set[str] = set()
    for pattern in patterns:
        models = (rendered.model for rendered in graph.values())
        matching = named(models, pattern.removeprefix("+").removesuffix("+"), "--select")
        chosen |= matching
        chosen |= _reach(matching, parents) if pattern.startswith("+") else set()
        chosen |= _reach(matching, children) if pattern.endswith("+") else set()
    return frozenset(chosen)


def named(models: Iterable[Model], pattern: str, option: str) -> set[str]:
    """Return the models that a name, a layer or a glob matches; raise UsageError if there are none."""
    models = list(models)
    matching = {
        model.name
        for model in models
        if any(
            fnmatchcase(part, pattern)
            for relation in model.relations
            for part in (relation, *relation.split("."))
        )
    }
    if not matching:
        if new := new_relation(pattern):
            raise UsageError(f"{option} {pattern}: {pattern} is now {new}")
        names = [part for model in models for name in model.relations for part in (name, name.split(".")[-1])]
        hint = "list them with recsys graph"
        raise UsageError(f"{option} {pattern}: {unknown('model', pattern, names, hint)}")
    return matching


def _reach(start: Iterable[str], edges: Mapping[str, set[str]]) -> set[str]:
    reached, waiting = set[str](), list(start)
    while waiting:
        for neighbour in edges[waiting.pop()] - reached:
            reached.add(neighbour)
            waiting.append(neighbour)
    return reached
