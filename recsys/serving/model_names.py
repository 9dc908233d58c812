"""Names of models: those that make lists, and those that score test items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection
from recsys.errors import UsageError, unknown
from recsys.serving.queries import has

PREFIX = "scores."  # of a model that scores test items and shares its name with a list model


@dataclass(frozen=True)
class ModelNames:
    """The models of a warehouse.

    Parameters
    ----------
    lists : sequence of str
        List models, the best on validation users first.
    scores : sequence of str
        Models of the leaderboard, by name.
    """

    lists: Sequence[str]
    scores: Sequence[str]

    @classmethod
    def of(cls, connection: Connection) -> ModelNames:
        """Return the models of an open warehouse; none of a kind that it was built without."""
        lists = "select model from lists.quality order by ndcg desc nulls last, position"
        scores = "select model from marts.models order by model"
        return cls(
            query(connection, lists)["model"].to_pylist() if has(connection, "lists.quality") else [],
            query(connection, scores)["model"].to_pylist() if has(connection, "marts.models") else [],
        )

    def list_model(self, given: str) -> str:
        """Return the name of a list model; raise UsageError, with the nearest names, where it is none."""
        if given in self.lists:
            return given
        if given.removeprefix(PREFIX) in self.scores:
            others = ", ".join(self.lists)
            raise UsageError(f"{given}: scores test items and makes no lists; list models: {others}")
        raise UsageError(f"{given}: {unknown('list model', given, self.lists)}")

    def score_model(self, given: str) -> str:
        """Return the name of a model of test items; raise UsageError as `list_model` does."""
        name = given.removeprefix(PREFIX)
        if name in self.scores:
            return name
        if given in self.lists:
            others = ", ".join(self.scores)
            raise UsageError(f"{given}: makes lists and scores no test items; models of test items: {others}")
        raise UsageError(f"{given}: {unknown('model', given, self.scores)}")

    def is_list_model(self, given: str) -> bool:
        """Return whether a name is that of a list model, else of a model of test items.

        Raises
        ------
        UsageError
            It is neither.
        """
        if given in self.lists or given.removeprefix(PREFIX) in self.scores:
            return given in self.lists
        raise UsageError(f"{given}: {unknown('model', given, {*self.lists, *self.scores})}")
