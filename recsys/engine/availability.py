"""Find the models that cannot be built: packages or input are missing, or the user excludes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from importlib.metadata import PackageNotFoundError, version

from recsys.engine.selection import named
from recsys.errors import UsageError
from recsys.project import Model, Project
from recsys.project.rendered import Rendered
from recsys.sources.source_file import SourceFile

SQL_ONLY = "--sql-only leaves the learned models out; build without it"
UNWANTED = "--without leaves it out; build without that option"
BEYOND_PAPER = "--paper leaves it out; build without it"
IDLE = "none of its readers is built"
READS = "reads "  # and the name of a model that is left out
ASKED_FOR = (SQL_ONLY, UNWANTED, BEYOND_PAPER)
NO_ORDER = {
    "time": "the data have no times: import them with --time COLUMN",
    "user": "the data have no order of ratings: import them with --time COLUMN",
}

NO_INPUT = {
    "staging.candidates": "the data have no test items: an import makes them with --holdout N",
    "staging.labels": "the data have no known answers to learn from, such as test2_new.txt",
}


def is_consequence(reason: str) -> bool:
    """Return whether a model is left out because another one is."""
    return reason == IDLE or reason.startswith(READS)


def of_models(project: Project, reasons: Mapping[str, str]) -> dict[str, str]:
    """Return why the models that people can name are left out: list models and models of test items.

    A model that reads one that is left out has the reason of that one.

    Parameters
    ----------
    project : Project
        All models.
    reasons : mapping of str to str
        The reason for each model that is left out, as `leave_out` returns them.
    """
    return {
        name: reasons[_root(name, reasons)]
        for name in reasons
        if not (model := project.models[name]).original
        and (model.list_kind or name.startswith("scores."))
        and reasons[name] != IDLE
    }


def _root(name: str, reasons: Mapping[str, str]) -> str:
    """Return the model that a left-out model needs and that was left out first."""
    while reasons[name].startswith(READS):
        parent = reasons[name].removeprefix(READS).removeprefix("what ").removesuffix(" reads")
        if parent not in reasons:
            break
        name = parent
    return name


def leave_out(
    project: Project,
    files: Mapping[str, SourceFile],
    sql_only: bool,
    unwanted: Sequence[str] = (),
    paper: bool = False,
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
        Models to leave out with their variants, as `recsys.engine.selection.named` names them.
    paper : bool, default False
        Whether to leave out all scores but the paper's, and the learners that those do not need.

    Returns
    -------
    dict of str to str
        The reason for each disabled model.

    Raises
    ------
    UsageError
        There is no model of an unwanted name, or ``parameters.toml`` names no model of the paper.
    """
    readers = _readers(project)
    reasons = {
        name: reason
        for name, model in project.models.items()
        if (reason := _obstacle(project, model, files, sql_only))
    }
    for pattern in unwanted:
        matching = named(project.models.values(), pattern, "--without")
        reasons |= dict.fromkeys(matching | _variants(project, matching), UNWANTED)
    reasons = exclude(project, reasons)
    if unwanted and not project.matching("scores.*"):
        listed = " ".join(f"--without {pattern!r}" for pattern in unwanted)
        raise UsageError(f"{listed}: leaves no model of scores: expected at least one to stay")
    if paper:
        reasons |= _exclude_beyond_paper(project)
    while idle := _idle(project, readers):
        reasons |= exclude(project, dict.fromkeys(idle, IDLE))
    return reasons


def of_paper(project: Project) -> set[str]:
    """Return the scores with a published accuracy that is the paper's own."""
    values = project.parameters.values
    published = set(values.get("published", {})) - set(values.get("published_in", {}))
    found = {f"scores.{name}" for name in published} & project.models.keys()
    if not found:
        raise UsageError("--paper: parameters.toml names no model of scores/ in its section [published]")
    return found


def _exclude_beyond_paper(project: Project) -> dict[str, str]:
    """Disable all scores but the paper's, then the learners that the paper's scores do not read."""
    paper = of_paper(project)
    others = {name for name in project.enabled if name.startswith("scores.")} - paper
    reasons = exclude(project, dict.fromkeys(others | _variants(project, others), BEYOND_PAPER))
    needed = paper.union(*(project.ancestors(name, _refs) for name in paper & project.enabled))
    learners = {name for name in project.enabled if _is_learner(project, name)}
    unneeded = {name for name in learners if needed.isdisjoint(project.models[name].relations)}
    return reasons | exclude(project, dict.fromkeys(unneeded, BEYOND_PAPER))


def _refs(rendered: Rendered) -> tuple[str, ...]:
    return rendered.refs


def _is_learner(project: Project, name: str) -> bool:
    call = project.render(name).call
    return call is not None and call.is_learner


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
        name: f"{READS}{parent}"
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
    if sql_only and _is_learner(project, model.name) and "learned" not in model.header:
        return SQL_ONLY
    if (order := model.header.get("ordered")) and not _has_order(project, order):
        return NO_ORDER[order]
    absent = [package for package in model.listed("requires") if not _is_installed(package)]
    if absent:
        return f"needs {', '.join(absent)}: pip install 'recsys[learners]'"
    empty = [relation for relation in model.listed("needs") if not _has_input(project, relation, files)]
    return NO_INPUT.get(empty[0], f"the data directory has nothing for {empty[0]}") if empty else None


def _has_order(project: Project, order: str) -> bool:
    """Return whether a user's ratings are ordered, and with ``order`` "time" those of all users."""
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
    """Return whether the files that a staging relation reads are present and not empty.

    It reads them itself, or by a temporary relation of their lines.
    """
    rendered = project.render(relation)
    lines = [one for one in rendered.refs if project.models[one].materialized == "temp"]
    sources = {name for one in (rendered, *map(project.render, lines)) for name in one.sources}
    return bool(sources) and all(files[name].byte_count for name in sources)


def _readers(project: Project) -> dict[str, set[str]]:
    """Return the models that read each model, with all models enabled."""
    readers: dict[str, set[str]] = {}
    for name in project.models:
        for parent in project.parents(project.render(name)):
            readers.setdefault(parent, set()).add(name)
    return readers


def _idle(project: Project, readers: Mapping[str, set[str]]) -> list[str]:
    """Return the enabled models whose readers are all left out, or idle too; people read marts."""
    left, read = set(project.enabled), {name for name in readers if not name.startswith("marts.")}
    while idle := {name for name in left & read if not readers[name] & left}:
        left -= idle
    return sorted(project.enabled - left)
