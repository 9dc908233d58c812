"""Names of models: those that make lists, and those that score test items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection
from recsys.errors import UsageError, unknown
from recsys.serving.relations import has

LISTS = "lists."  # of the relation of a list model
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
    left_out : mapping of str to str
        Why the build left relations out, by their names in the warehouse.
    """

    lists: Sequence[str]
    scores: Sequence[str]
    left_out: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: Connection) -> ModelNames:
        """Return the models of an open warehouse; none of a kind that it was built without."""
        lists = "select model from lists.quality order by ndcg desc nulls last, position"
        scores = "select model from marts.models order by model"
        reasons = "from marts.left_out"
        return cls(
            query(connection, lists)["model"].to_pylist() if has(connection, "lists.quality") else [],
            query(connection, scores)["model"].to_pylist() if has(connection, "marts.models") else [],
            {
                row["model"]: row["reason"]
                for row in (
                    query(connection, reasons).to_pylist() if has(connection, "marts.left_out") else []
                )
            },
        )

    def list_model(self, given: str) -> str:
        """Return the name of a list model; raise UsageError, with the nearest names, where it is none."""
        if given in self.lists:
            return given
        if given.removeprefix(PREFIX) in self.scores:
            others = ", ".join(self.lists)
            raise UsageError(f"{given}: scores test items and makes no lists; list models: {others}")
        raise self._unknown("list model", given, self.lists, LISTS)

    def score_model(self, given: str) -> str:
        """Return the name of a model of test items; raise UsageError as `list_model` does."""
        name = given.removeprefix(PREFIX)
        if name in self.scores:
            return name
        if given in self.lists:
            others = ", ".join(self.scores)
            raise UsageError(f"{given}: makes lists and scores no test items; models of test items: {others}")
        raise self._unknown("model", given, self.scores, PREFIX)

    def is_list_model(self, given: str) -> bool:
        """Return whether a name is that of a list model, else of a model of test items.

        Raises
        ------
        UsageError
            It is neither.
        """
        if given in self.lists or given.removeprefix(PREFIX) in self.scores:
            return given in self.lists
        raise self._unknown("model", given, {*self.lists, *self.scores}, LISTS, PREFIX)

    def _unknown(self, kind: str, given: str, known: Iterable[str], *layers: str) -> UsageError:
        """Return the error of a name: why the build left that model out, or which names are near."""
        for relation in (given, *(f"{layer}{given}" for layer in layers)):
            if relation.startswith(layers) and (reason := self.left_out.get(relation)):
                return UsageError(f"{given}: the build left this {kind} out: {reason}")
        return UsageError(f"{given}: {unknown(kind, given, known)}")
