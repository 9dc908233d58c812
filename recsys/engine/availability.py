"""Which models cannot be part of a build: their packages, their input or the user's wish are missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from importlib.metadata import PackageNotFoundError, version

from recsys.engine.plan import named
from recsys.project import Model, Project
from recsys.sources.directory import SourceFile

SQL_ONLY = "--sql-only leaves the learned models out"
UNWANTED = "--without leaves it out"


def leave_out(
    project: Project, files: Mapping[str, SourceFile], sql_only: bool, unwanted: Sequence[str] = ()
) -> dict[str, str]:
    """Disable the models that cannot run, and what cannot do without them; the reason for each by name.

    So it is with ``unwanted`` models and their variants, which are named as `recsys.engine.plan.named` has it:
    UsageError where there is none of that name.
    """
    readers = _readers(project)
    reasons = {
        name: reason
        for name, model in project.models.items()
        if (reason := _obstacle(project, model, files, sql_only))
    }
    for pattern in unwanted:
        meant = named(project.models.values(), pattern, "--without")
        reasons |= dict.fromkeys(meant | _twins(project, meant), UNWANTED)
    reasons = exclude(project, reasons)
    while (sql_only or unwanted) and (idle := _idle(project, readers)):
        reasons |= exclude(project, dict.fromkeys(idle, UNWANTED if unwanted else SQL_ONLY))
    return reasons


def exclude(project: Project, reasons: Mapping[str, str]) -> dict[str, str]:
    """Disable models and, round by round, those that still read a disabled one; all of them with reasons."""
    left_out: dict[str, str] = {}
    gathering = {name for name in project.enabled if project.render(name).is_gathering}
    waiting = dict(reasons)
    while waiting:
        left_out |= waiting
        project.disable(waiting)  # what gathers models renders anew after this, so that it is asked last
        others = project.enabled - gathering
        waiting = _blocked(project, others) or _blocked(project, project.enabled & gathering)
    return left_out


def _blocked(project: Project, names: Iterable[str]) -> dict[str, str]:
    return {
        name: f"reads {parent}"
        for name in sorted(names)
        for parent in project.parents(project.render(name))
        if parent not in project.enabled
    }


def _twins(project: Project, names: Set[str]) -> set[str]:
    """What is made of other inputs by the same SQL as these, such as their scores of validation candidates."""
    return {
        name
        for name, model in project.models.items()
        if any(model.substitutes.get(one) == name for one in names)
    }


def _obstacle(project: Project, model: Model, files: Mapping[str, SourceFile], sql_only: bool) -> str | None:
    call = project.render(model.name).call
    if sql_only and call and call.is_learner:
        return SQL_ONLY
    absent = [package for package in model.listed("requires") if not _is_installed(package)]
    if absent:
        return f"needs {', '.join(absent)}: pip install 'recsys[learners]'"
    empty = [relation for relation in model.listed("needs") if not _has_input(project, relation, files)]
    return f"the data directory has nothing for {', '.join(empty)}" if empty else None


def _is_installed(package: str) -> bool:
    """Whether pip knows an installed package by this name: ``scikit-learn``, imported as sklearn."""
    try:
        version(package)
    except (PackageNotFoundError, ValueError):
        return False
    return True


def _has_input(project: Project, relation: str, files: Mapping[str, SourceFile]) -> bool:
    """Whether the files that a staging relation reads are there and not empty."""
    sources = project.render(relation).sources
    return bool(sources) and all(files[name].byte_count for name in sources)


def _readers(project: Project) -> dict[str, set[str]]:
    """The models that read each model, as long as all are enabled."""
    readers: dict[str, set[str]] = {}
    for name in project.models:
        for parent in project.parents(project.render(name)):
            readers.setdefault(parent, set()).add(name)
    return readers


def _idle(project: Project, readers: Mapping[str, set[str]]) -> list[str]:
    """Enabled models that others read, all of which are disabled or idle: nobody needs what they prepare."""
    busy = set(project.enabled)
    while idle := {name for name in busy if readers.get(name) and not readers[name] & busy}:
        busy -= idle
    return sorted(project.enabled - busy)
