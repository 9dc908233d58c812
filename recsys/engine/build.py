"""Build a warehouse: read its inputs, plan what runs, run it in a private copy, publish the result."""

from __future__ import annotations

import contextlib
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from recsys.backends.spark import session as spark_session
from recsys.engine import manifest
from recsys.engine.executor import Executor
from recsys.engine.job import Job
from recsys.engine.options import Options, Reporter, Result
from recsys.engine.planner import Planner
from recsys.engine.publish import Workplace
from recsys.engine.targets import require_spark
from recsys.errors import UsageError
from recsys.project import Project
from recsys.project.contract import Context
from recsys.sources import changing, parquet
from recsys.sources.directory import discover
from recsys.sources.source_file import SourceFile

__all__ = ["Options", "Reporter", "Result", "build"]


def build(options: Options, reporter: Reporter) -> Result:
    """Bring the warehouse up to date with the data directory and ``sql/``, running only what changed.

    Parameters
    ----------
    options : Options
        Data, warehouse, selection and limits.
    reporter : Reporter
        Receives progress.

    Returns
    -------
    Result
        What ran.

    Raises
    ------
    InputError, UsageError
        The input or the arguments are wrong (exit status 2).
    BuildError
        A model failed (exit status 1). After any error the published warehouse is unchanged.
    """
    manifest.refuse_foreign(options.warehouse, options.full_refresh)
    is_here = isinstance(options.data, Path) and options.data.is_dir()
    with changing.reading(options.data) if is_here else contextlib.nullcontext():  # type: ignore[arg-type]
        return _build(options, reporter)


def _build(options: Options, reporter: Reporter) -> Result:
    begun = time.monotonic()
    files, of_data = _sources(options, reporter)
    project = Project.load(options.sql, options.overrides, files, of_data)
    place = Workplace(options.warehouse.absolute())
    with contextlib.nullcontext(place) if options.plan_only else place.held() as workplace:
        job = Job.of(uuid.uuid4().hex, options, reporter, project, files, workplace)
        planner = Planner(job)
        executor = Executor(job, planner)
        plan = planner.plan()
        reporter.planned(plan.steps, plan.dropped, planner.expected_seconds(plan))
        if plan.changes and not options.plan_only:
            executor.execute(plan)
    ran = tuple(executor.ran)
    kept = tuple(step.name for step in plan.steps if step.name not in ran)
    return Result(ran, kept, planner.stale(), planner.left_out, time.monotonic() - begun)


def _sources(options: Options, reporter: Reporter) -> tuple[dict[str, SourceFile], dict[str, Any]]:
    """Return the files of the data directory by source name, and the parameters that come with it."""
    if isinstance(options.data, Path):
        files = discover(options.data, options.no_candidates)
        return files, parquet.parameters(parquet.metadata(options.data))
    if options.engine != "spark":
        raise UsageError(f"--data {options.data}: give a folder of this machine, or add --engine spark")
    require_spark()
    from recsys.backends.spark.inputs import discover as discover_by_spark

    with tempfile.TemporaryDirectory(prefix="recsys-") as scratch:
        context = Context(
            scratch=Path(scratch),
            threads=options.limits.threads,
            memory_bytes=options.limits.memory_bytes,
            spark_master=options.spark_master,
            report=reporter.advanced,
        )
        try:
            return discover_by_spark(options.data, options.no_candidates, context)
        finally:
            spark_session.stop()
