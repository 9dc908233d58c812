"""Decide which models a build runs, and why, by comparing fingerprints of their inputs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from recsys.backends.partitions import Update, digests, update
from recsys.engine.fingerprint import RENEWED, SIZE, Fingerprint, code_digest, digest_of
from recsys.errors import UsageError
from recsys.project import Project
from recsys.project.rendered import Rendered
from recsys.sources.source_file import SourceFile


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
        A build that rebuilds relations that are otherwise reused while the data grow little.

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
        is_whole = before is None or selected is not None or forced
        partial = None if is_whole else update(partitions, fingerprint.partitions, built[name].partitions)
        steps[name] = Step(rendered, fingerprint, reason, partial)
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
    settings = json.dumps(call and dict(call.settings))
    return Fingerprint(
        sql=digest_of(f"{rendered.sql}{rendered.model.materialized}{settings}"),
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
