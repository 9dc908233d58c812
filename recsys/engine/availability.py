"""Find the models that cannot be built: packages or input are missing, or the user excludes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from importlib.metadata import PackageNotFoundError, version

from recsys.engine.plan import named
from recsys.project import Model, Project
from recsys.sources.directory import SourceFile

SQL_ONLY = "--sql-only leaves the learned models out"
UNWANTED = "--without leaves it out"
NO_ORDER = {
    "time": "the data have no times: import them with --time COLUMN",
    "user": "the data have no order of ratings: import them with --time COLUMN",
}


def leave_out(
    project: Project, files: Mapping[str, SourceFile], sql_only: bool, unwanted: Sequence[str] = ()
) -> dict[str, str]:
    """Disable the models that cannot run, and models that need them.

    Parameters
    ----------
    project : Project
        The models; changed in place.
    files : mapping of str to SourceFile
        The input files.
    sql_only : bool
        Whether to leave all learners out.
    unwanted : sequence of str
        Models to leave out with their variants, as `recsys.engine.plan.named` names them.

    Returns
    -------
    dict of str to str
        The reason for each disabled model.

    Raises
    ------
    UsageError
        There is no model of an unwanted name.
    """
    readers = _readers(project)
    reasons = {
        name: reason
        for name, model in project.models.items()
        if (reason := _obstacle(project, model, files, sql_only))
    }
    for pattern in unwanted:
        meant = named(project.models.values(), pattern, "--without")
        reasons |= dict.fromkeys(meant | _variants(project, meant), UNWANTED)
    reasons = exclude(project, reasons)
    while (sql_only or unwanted) and (idle := _idle(project, readers)):
        reasons |= exclude(project, dict.fromkeys(idle, UNWANTED if unwanted else SQL_ONLY))
    return reasons


def exclude(project: Project, reasons: Mapping[str, str]) -> dict[str, str]:
    """Disable models and, transitively, those that read a disabled one; return all of them with reasons."""
    left_out: dict[str, str] = {}
    gathering = {name for name in project.enabled if project.render(name).is_gathering}
    waiting = dict(reasons)
    while waiting:
        left_out |= waiting
        project.disable(waiting)  # gathering models render anew, so they come last
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


def _variants(project: Project, names: Set[str]) -> set[str]:
    """Return the variants of models, such as their scores of validation candidates."""
    return {
        name
        for name, model in project.models.items()
        if any(model.substitutes.get(one) == name for one in names)
    }


def _obstacle(project: Project, model: Model, files: Mapping[str, SourceFile], sql_only: bool) -> str | None:
    call = project.render(model.name).call
    if sql_only and call and call.is_learner and "learned" not in model.header:
        return SQL_ONLY
    if (order := model.header.get("ordered")) and not _has_order(project, order):
        return NO_ORDER[order]
    absent = [package for package in model.listed("requires") if not _is_installed(package)]
    if absent:
        return f"needs {', '.join(absent)}: pip install 'recsys[learners]'"
    empty = [relation for relation in model.listed("needs") if not _has_input(project, relation, files)]
    return f"the data directory has nothing for {', '.join(empty)}" if empty else None


def _has_order(project: Project, order: str) -> bool:
    """Whether the ratings of a user are in order, and those of all users where ``order`` is ``time``."""
    found = project.parameters.get("data.order")
    return found == "time" or (found == "user" and order == "user")


def counterparts(project: Project, name: str) -> dict[str, str]:
    """Return, with reasons, the original and the variants of a list model that cannot run."""
    original = project.models[name].original or name
    others = {model.name for model in project.models.values() if original in (model.name, model.original)}
    is_listed = bool(project.models[original].list_kind)
    return dict.fromkeys(sorted(others - {name}) if is_listed else (), f"reads what {name} reads")


def _is_installed(package: str) -> bool:
    """Return whether a package is installed, by its name in pip: ``scikit-learn``, not sklearn."""
    try:
        version(package)
    except (PackageNotFoundError, ValueError):
        return False
    return True


def _has_input(project: Project, relation: str, files: Mapping[str, SourceFile]) -> bool:
    """Return whether the files that a staging relation reads are present and not empty."""
    sources = project.render(relation).sources
    return bool(sources) and all(files[name].byte_count for name in sources)


def _readers(project: Project) -> dict[str, set[str]]:
    """Return the models that read each model, with all models enabled."""
    readers: dict[str, set[str]] = {}
    for name in project.models:
        for parent in project.parents(project.render(name)):
            readers.setdefault(parent, set()).add(name)
    return readers


def _idle(project: Project, readers: Mapping[str, set[str]]) -> list[str]:
    """Return enabled models with readers, none of which runs: nothing needs what they prepare."""
    busy = set(project.enabled)
    while idle := {name for name in busy if readers.get(name) and not readers[name] & busy}:
        busy -= idle
    return sorted(project.enabled - busy)
