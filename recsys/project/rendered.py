"""A rendered model, and what a template can ask of the project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import jinja2

from recsys.project.model import Model


@dataclass(frozen=True)
class PythonCall:
    """Describe the ``learner(...)``, ``reader(...)`` or ``compiled(...)`` call of a model.

    Parameters
    ----------
    module, function : str
        The function, in a module of this package.
    relations, sources : mapping of str to str
        The relations and input files that it gets, by argument.
    settings : mapping of str to Any
        Parameters for it.
    labels : mapping of str to str
        The argument that it gets without the labels of one fold at a time, if any.
    folds : str
        The relation that assigns users to folds.
    """

    module: str
    function: str
    relations: Mapping[str, str]
    sources: Mapping[str, str]
    settings: Mapping[str, Any]
    labels: Mapping[str, str] = field(default_factory=dict)
    folds: str = ""

    @property
    def is_learner(self) -> bool:
        """Return whether the function is a learner rather than a reader."""
        return self.module.startswith("learners.")


@dataclass(frozen=True)
class Rendered:
    """Hold a model after Jinja: its SQL, what it reads, and the file line of each SQL line.

    ``is_gathering`` says that the template listed other models, so that it may render differently without
    one. ``parameters`` are the constants, or sections of constants, that it used. ``compiled`` is a function
    that returns the rows of the SQL, many times faster, on one machine where loops are compiled.
    """

    model: Model
    sql: str
    refs: tuple[str, ...]
    sources: tuple[str, ...]
    call: PythonCall | None
    is_gathering: bool
    lines: tuple[int, ...] = field(repr=False)
    parameters: frozenset[str] = frozenset()
    compiled: PythonCall | None = None

    @property
    def takes_all_threads(self) -> bool:
        """Return whether a function that runs threads of its own may write the model."""
        return self.compiled is not None or (self.call is not None and self.call.is_learner)

    def origin(self, offset: int) -> tuple[int, int]:
        """Return the 1-based line and column in the model file of a 0-based offset in the rendered SQL."""
        before = self.sql[: max(0, offset)]
        rendered_line = before.count("\n")
        return self.lines[min(rendered_line, len(self.lines) - 1)], len(before) - before.rfind("\n")


Parents = Callable[[Rendered], Iterable[str]]  # returns the relations that a model depends on


class Models(Protocol):
    """Define what templates can ask of a project."""

    present: frozenset[str]
    awaited: set[str]  # schemas of later scenarios, which may be read already

    @property
    def writers(self) -> Mapping[str, Model]:
        """Return the model that writes each relation."""

    @property
    def schemas(self) -> frozenset[str]:
        """Return the schemas of all possible relations."""

    def template(self, model: Model) -> jinja2.Template:
        """Return the compiled template of a model."""

    def noting_parameters(self) -> AbstractContextManager[set[str]]:
        """Note which constants templates use inside the block."""

    def own_lines(self, model: Model) -> Mapping[int, frozenset[str]]:
        """Return the names like ``schema.relation`` in a model's own file, by line."""

    def render(self, name: str) -> Rendered:
        """Render one model."""

    def location(self, relation: str) -> str:
        """Return the name of a relation in SQL."""

    def matching(self, pattern: str) -> list[str]:
        """Return the relations of enabled models whose name matches a glob."""

    def ancestors(self, relation: str, parents: Parents) -> set[str]:
        """Return everything that a relation is made from."""

    def list_models(self) -> Mapping[str, Model]:
        """Return the list models by name, the simplest first."""
