"""List models as relations keep them: opened by kind, so that lists and requests read the same weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from importlib import import_module
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recsys.learners.lists.blend import Blend
from recsys.learners.lists.interactions import Interactions, ItemCounts
from recsys.learners.lists.linear import LinearModel
from recsys.learners.lists.model import ListModel, settings_table

Parameters = TypeVar("Parameters")
CLASSES = {  # of each kind: its table, module and class, which is imported when one is opened
    "item_scores": ("item_scores", "counts", "ItemScores"),
    "item_weights": ("item_weights", "linear", "LinearModel"),
    "factors": ("item_factors", "ials", "IalsModel"),
    "attributes": ("item_attributes", "attributes", "AttributeModel"),
}
RANKED = ("item_scores", "item_weights", "factors")  # kinds whose scores a ranker reads
NO_SETTINGS = ("kind", "family")


@dataclass(frozen=True)
class StoredModels:
    """Hold the list models of a warehouse.

    Parameters
    ----------
    models : mapping of names to ``kind`` and settings, as the headers of ``sql/lists`` have them
        The simplest first.
    relations : mapping of names to relations
        What each model has learned.
    chosen : Arrow table
        ``lists.settings (model, key, value)``, which go before those of the headers.
    history : function without arguments
        Returns the interactions of all users, or what they count of items; called only for a ranker.
    weighted_items : function of a model's name, optional
        Returns the ids of all items that a model of item weights has, ascending. Needed where its relation
        holds the weights of some histories only: a blend and a ranker scale scores by the items that compete.
    """

    models: Mapping[str, Mapping[str, str]]
    relations: Mapping[str, Any]
    chosen: pa.Table
    history: Callable[[], Interactions | ItemCounts]
    weighted_items: Callable[[str], np.ndarray] | None = None
    opened: dict[str, ListModel] = field(default_factory=dict)

    def settings(self, name: str) -> dict[str, str]:
        """Return the settings of a model."""
        found = {**self.models[name], **settings_of(self.chosen, name)}
        return {key: value for key, value in found.items() if key not in NO_SETTINGS}

    def is_empty(self, name: str) -> bool:
        """Return whether there is no such model: no blend was better than its best part, or no attribute."""
        return (
            self.models[name]["kind"] in ("blend", "attributes") and not self.relations[name].arrow().num_rows
        )

    def open(self, name: str) -> ListModel:
        """Return a model, read once; a blend with the models that it weighs."""
        if name not in self.opened:
            if (composed := COMPOSED.get(self.models[name]["kind"])) is not None:
                self.opened[name] = composed(self, name)
                return self.opened[name]
            table, module, kind = CLASSES[self.models[name]["kind"]]
            opener = getattr(import_module(f"recsys.learners.lists.{module}"), kind)
            learned = self.relations[name].arrow()
            tables = {table: learned, "settings": settings_table(self.settings(name))}
            self.opened[name] = opener.from_tables(tables)
        return self.opened[name]

    def _part(self, name: str) -> ListModel:
        """Return a model that others are composed of, with all items that it knows."""
        model = self.open(name)
        if self.weighted_items is None or not isinstance(model, LinearModel):
            return model
        return model.with_items(self.weighted_items(name))

    def _blend(self, name: str) -> ListModel:
        weights = self.relations[name].arrow()
        parts = {part: self._part(part) for part in weights["model"].to_pylist()}
        return Blend.from_tables({"blend_weights": weights}, parts)

    def _ranker(self, name: str) -> ListModel:
        from recsys.learners.lists.ranker import ItemFacts, Ranker

        parts = {part: self._part(part) for part, model in self.models.items() if model["kind"] in RANKED}
        trees = {"ranker_trees": self.relations[name].arrow()}
        return Ranker.from_tables(trees, parts, ItemFacts.of(self.history()))


COMPOSED: Mapping[str, Callable[[StoredModels, str], ListModel]] = {
    "blend": StoredModels._blend,
    "ranker": StoredModels._ranker,
}


def settings_of(chosen: pa.Table, name: str) -> dict[str, str]:
    """Return what ``lists.settings (model, key, value)`` says of one model."""
    rows = chosen.filter(pc.equal(chosen["model"], name))
    return dict(zip(rows["key"].to_pylist(), rows["value"].to_pylist(), strict=True))


def parameters(kind: type[Parameters], chosen: pa.Table, name: str) -> Parameters:
    """Return the hyperparameters of a model; defaults stand for what was not searched."""
    texts = settings_of(chosen, name)
    defaults: dict[str, Any] = {field.name: field.default for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{key: type(defaults[key])(text) for key, text in texts.items() if key in defaults})
