"""Hold the options, models, input files, folders and engine of one build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from recsys.backends.database import Size
from recsys.engine.options import Options, Reporter
from recsys.engine.publish import Workplace
from recsys.engine.runner import Runner
from recsys.engine.targets import Engine, engine
from recsys.project import Project
from recsys.project.contract import Context
from recsys.sources.source_file import SourceFile


@dataclass(frozen=True)
class Job:
    """Hold the options, models, files, folders and engine of one build."""

    build_id: str
    options: Options
    reporter: Reporter
    project: Project
    files: Mapping[str, SourceFile]
    workplace: Workplace
    engine: Engine

    @classmethod
    def of(
        cls,
        build_id: str,
        options: Options,
        reporter: Reporter,
        project: Project,
        files: Mapping[str, SourceFile],
        workplace: Workplace,
    ) -> Job:
        """Choose the engine of a build; raise UsageError if it cannot be used."""
        counts = [(file.byte_count, file.line_count) for file in files.values()]
        size = Size(*map(sum, zip(*counts, strict=True)))
        chosen = options.engine, options.store, workplace.warehouse, options.limits
        return cls(build_id, options, reporter, project, files, workplace, engine(*chosen, build_id, size))

    def context(self) -> Context:
        """Return the context of Python models."""
        return Context(
            scratch=self.workplace.scratch,
            logs=self.workplace.warehouse.parent / "logs",
            threads=self.options.limits.threads,
            memory_bytes=self.options.limits.memory_bytes,
            device=self.options.device,
            spark_master=self.options.spark_master,
            has_frames=self.options.engine == "spark",
            shared=self.engine.shared,
            report=self.reporter.advanced,
        )

    def runner(self) -> Runner:
        """Return the runner of models."""
        return Runner(self.project, self.files, self.workplace, self.context(), self.build_id)
