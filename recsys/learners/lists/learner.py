"""Entry points of the list models: relations in, tables out.

Which list models there are, and of which kind, comes from the headers of ``sql/lists``: this module knows
kinds and families of hyperparameters, and no model by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from importlib import import_module
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from recsys.learners.lists import quality, stored
from recsys.learners.lists.everyone import Excluded, Maker, aligned
from recsys.learners.lists.interactions import Interactions
from recsys.project.contract import Context, Relation, Rows, proven

SETTINGS = pa.schema({"model": pa.string(), "key": pa.string(), "value": pa.string()})
TRIALS = pa.schema(
    {
        "model": pa.string(),
        "trial": pa.int32(),
        "settings": pa.string(),
        "ndcg": pa.float64(),
        "is_chosen": pa.bool_(),
    }
)
RECOMMENDATIONS = proven(
    pa.schema(
        {
            "user_id": pa.int32(),
            "rank": pa.int32(),
            "item_id": pa.int32(),
            "score": pa.float64(),
            "model": pa.string(),
            "reason_item_id": pa.int32(),
            "reason_value": pa.float64(),
        }
    ),
    ("user_id", "rank"),
)
FAMILIES = {  # of hyperparameters: the module and the class of each, imported where it is used
    "ease": ("ease", "EaseParameters"),
    "ials": ("ials", "IalsParameters"),
    "item_knn": ("item_knn", "ItemKnnParameters"),
}
KEPT = 500  # weights of EASE an item, on average; with 300 of them NDCG@10 is about .003 lower than with all
COLUMNS = ["user_id", "item_id", "rating", "is_like"]


def read(relation: Relation, items: Relation) -> Interactions:
    """Return the interactions of a relation, and of the items that may be recommended."""
    candidates = items.arrow()["item_id"].to_numpy()
    table = relation.arrow()
    order = "time" if pc.any(pc.not_equal(table["time"], 0)).as_py() else "seq"
    ordered = table.select(COLUMNS).append_column("seq", table[order])
    return Interactions.from_table(ordered, candidate_ids=candidates)


def _parameters(family: str) -> Any:
    module, kind = FAMILIES[family]
    return getattr(import_module(f"recsys.learners.lists.{module}"), kind)


def tune(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Choose the hyperparameters of the list models by likes held out of the validation history.

    Parameters
    ----------
    inputs : mapping
        ``interactions`` (the validation history) and ``items``.
    settings : mapping
        ``seconds`` that the search may take, and ``models`` with their families of hyperparameters.
    context : Context
        Threads and memory.

    Returns
    -------
    mapping
        ``lists.settings (model, key, value)`` and ``lists.trials (model, trial, settings, ndcg, is_chosen)``.
    """
    rows = [
        {"model": name, "key": field.name, "value": str(field.default)}
        for name, model in settings["models"].items()
        if "family" in model
        for field in fields(_parameters(model["family"]))
    ]
    return {"lists.settings": pa.Table.from_pylist(rows, SETTINGS), "lists.trials": TRIALS.empty_table()}


def fit_ease(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Fit EASE on ``interactions``; return ``lists.ease (item_j, item_i, weight)``."""
    from recsys.learners.lists import ease as easing
    from recsys.learners.lists.pruning import Budget

    interactions = read(inputs["interactions"], inputs["items"])
    parameters = stored.parameters(easing.EaseParameters, inputs["chosen"].arrow(), settings["model"])
    budget = Budget(weights=min(Budget.weights, KEPT * interactions.item_count))
    model = easing.fit(interactions, parameters, budget, context.threads)
    weights = model.to_tables()["item_weights"]
    return {"lists.ease": weights.cast(proven(weights.schema, ("item_j", "item_i")))}


def fit_ials(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Fit iALS on ``interactions``; return ``lists.ials (item_id, factors)``."""
    from recsys.learners.lists import ials as factorising

    interactions = read(inputs["interactions"], inputs["items"])
    parameters = stored.parameters(factorising.IalsParameters, inputs["chosen"].arrow(), settings["model"])
    model = factorising.fit(interactions, parameters, context.threads)
    return {"lists.ials": model.to_tables()["item_factors"]}


def judge(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Judge the list models by the likes that were held out of ``interactions``.

    Parameters
    ----------
    inputs : mapping
        ``interactions`` and ``items`` of the validation history, ``held_out (user_id, item_id)``, ``chosen``
        settings, and what each of ``models`` learned, by its name.
    settings : mapping
        ``models``: kinds and settings by name, the simplest first.
    context : Context
        Threads and memory.

    Returns
    -------
    mapping
        ``lists.validation`` with a row for each model and user, ``lists.quality`` with one for each model.
    """
    history = read(inputs["interactions"], inputs["items"])
    judging = quality.Judge.of(history, inputs["held_out"].arrow(), context.threads)
    models = stored.StoredModels(settings["models"], inputs, inputs["chosen"].arrow())
    lists = {}
    for number, name in enumerate(settings["models"]):
        context.report(number / len(settings["models"]), f"judges {name}")
        lists[name] = judging.lists(models.open(name))
    judged = {name: judging.by_user(top) for name, top in lists.items()}
    return {
        "lists.validation": judging.users_table(judged),
        "lists.quality": judging.models_table(lists, judged),
    }


def recommend(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, Rows]:
    """Make the list of every user with the chosen model, in blocks of users.

    Parameters
    ----------
    inputs : mapping
        ``interactions``, ``items``, ``held_out (user_id, item_id)`` that are left out, ``chosen`` settings,
        ``model (model)``, and what each of ``models`` learned, by its name.
    settings : mapping
        ``models``: kinds and settings by name; ``length`` of the lists.
    context : Context
        Threads and memory.

    Returns
    -------
    mapping
        ``marts.recommendations``, in the order of user and rank.
    """
    table = inputs["interactions"].arrow()
    history = read(inputs["interactions"], inputs["items"])
    name = inputs["model"].arrow()["model"][0].as_py()
    models = stored.StoredModels(settings["models"], inputs, inputs["chosen"].arrow())
    maker = Maker(name, models.open(name), settings["length"], RECOMMENDATIONS)
    rows = maker.rows(history, Excluded.of(inputs["held_out"].arrow()), aligned(table, "value"), context)
    return {"marts.recommendations": pa.RecordBatchReader.from_batches(RECOMMENDATIONS, rows)}
