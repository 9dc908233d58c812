"""Run models over changed values alone: those of the users, items and tracks that got rows."""

from __future__ import annotations

from dataclasses import replace

from recsys.engine.appending.target import SCHEMA, Target, flat
from recsys.project import Model

COLUMNS = ("user_id", "item_id", "track_id")  # whose changed values are noted


class ChangedValues:
    """Hold the changed values of an update, and the rows of inputs that have them."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._inputs: set[str] = set()  # relations of rows with changed values
        self._columns: dict[str, frozenset[str]] = {}  # of the relations that these are rows of
        for column in COLUMNS:
            target.writer.rows(f"create table {_values_of((column,))} ({column} integer)")

    def note(self, columns: tuple[str, ...], relation: str) -> None:
        """Note the users, items and tracks of a relation."""
        for column in COLUMNS:
            if column in columns:
                noted = _values_of((column,))
                self.target.writer.rows(
                    f"insert into {noted} select distinct {column} from {relation} "
                    f"where {column} not in (from {noted})"
                )

    def condition(self, columns: tuple[str, ...]) -> str:
        """Return the condition, as SQL, that a row has changed values in these columns."""
        key = ", ".join(columns)
        return f"({key}) in (select {key} from {_values_of(columns)})"

    def user_count(self) -> int:
        """Return the number of users with changed rows."""
        return int(self.target.writer.rows(f"select count(*) from {_values_of(('user_id',))}")[0][0])

    def variant(self, model: Model) -> Model:
        """Add the model over the changed rows of its inputs to the project."""
        columns, is_whole = model.incremental or ((), False)
        substitutes = dict(model.substitutes)
        if model.layer != "staging" and not is_whole:
            for relation in self.target.project.render(model.name).refs:
                if (rows := self._rows(relation, columns)) is not None:
                    substitutes[relation] = rows
        found = replace(
            model,
            name=flat(model.name),
            header={key: text for key, text in model.header.items() if key not in ("rows", "incremental")},
            materialized="temp",
            substitutes=substitutes,
            original=model.name,
        )
        self.target.project.add(found)
        return found

    def _rows(self, relation: str, columns: tuple[str, ...]) -> str | None:
        """Return the relation of an input's rows with changed values; None where it has no such column."""
        model = self.target.project.writers[relation]
        place = self.target.project.location(relation)
        if place not in self._columns:
            self._columns[place] = frozenset(self.target.writer.columns(place))
        if columns == ("user_id",) and model.list_kind == "item_weights":
            return self._weights(model, place)
        if model.materialized == "temp" or not self._columns[place].issuperset(columns):
            return None
        kind = "table" if columns == ("user_id",) else "view"  # several models read the rows of changed users
        name = f"{flat(relation)}_by_{'_'.join(columns)}"
        return self._create(kind, model, place, name, self.condition(columns))

    def _weights(self, model: Model, place: str) -> str:
        """Return the relation of the weights of a list model that the histories of changed users read."""
        history = self._rows("staging.ratings", ("user_id",))
        condition = f"item_j in (select item_id from scratch.{history})"
        return self._create("view", model, place, f"{flat(model.name)}_of_histories", condition)

    def _create(self, kind: str, model: Model, place: str, name: str, condition: str) -> str:
        """Create the relation of some rows of a model, once."""
        if name not in self._inputs:
            source = f"{self.target.database}.{place}"
            self.target.writer.rows(
                f"create {kind} scratch.{name} as select * from {source} where {condition}"
            )
            self.target.add_rows_of(model, name)
            self._inputs.add(name)
        return name


def _values_of(columns: tuple[str, ...]) -> str:
    return f"scratch.{SCHEMA}.values_{'_'.join(columns)}"
