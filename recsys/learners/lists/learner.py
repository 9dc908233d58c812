"""Entry points of the list models: relations in, tables out.

The headers of ``sql/lists`` declare the list models and their kinds. This module knows kinds and families of
hyperparameters, and no model by its name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recsys.errors import UnavailableError
from recsys.learners.common.compiled import IS_COMPILED
from recsys.learners.lists import quality, sample, split, stored
from recsys.learners.lists.everyone import Excluded, Maker, aligned
from recsys.learners.lists.interactions import Interactions, ItemCounts
from recsys.learners.lists.top import load_kernels
from recsys.project.contract import Context, Relation, Rows, proven

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from recsys.learners.lists.tuning import Tuning

SETTINGS = pa.schema({"model": pa.string(), "key": pa.string(), "value": pa.string()})
TRIALS = pa.schema(
    {
        "model": pa.string(),
        "trial": pa.int32(),
        "parameters": pa.string(),
        "ndcg": pa.float64(),
        "users": pa.int32(),
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
LIMITS = pa.schema({"model": pa.string(), "reason": pa.string()})
ON_DRIVER = "fitted in the memory of this machine, not on the cluster: --without NAME leaves one out"
KEPT = 500  # weights of EASE an item, on average; with 300 of them NDCG@10 is about .003 lower than with all
COLUMNS = ["user_id", "item_id", "rating", "is_like"]
WEIGHTS = "item_weights"
UNCOMPILED = (
    0.25  # of the seconds of a search, where loops are interpreted: so that a first list does not wait
)
LOCAL = "local"  # solver that is this process, on a cluster too
RANKER = "ranker"  # kind whose lists of validation users the training makes


def read(relation: Relation, items: Relation, users: Relation | None = None) -> Interactions:
    """Return the interactions of a relation, of items that may be recommended, of ``users`` if given."""
    return _interactions(relation.arrow(), items.arrow(), users)


def _interactions(table: pa.Table, items: pa.Table, users: Relation | None = None) -> Interactions:
    candidates = items["item_id"].to_numpy()
    order = "time" if pc.any(pc.not_equal(table["time"], 0)).as_py() else "seq"
    ordered = table.select(COLUMNS).append_column("seq", table[order])
    user_ids = None if users is None else np.sort(users.arrow()["user_id"].to_numpy())
    return Interactions.from_table(ordered, candidate_ids=candidates, user_ids=user_ids)


def tune(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Choose the hyperparameters of the list models by likes held out of the validation history.

    Parameters
    ----------
    inputs : mapping
        ``interactions`` (the validation history) and ``items``.
    settings : mapping
        ``seconds`` that the search may take, ``models`` with their families of hyperparameters, ``users`` and
        ``items`` that take part at most, ``first_users`` of them until the best values of each model are
        tried with all, and ``judges`` of these users, whose likes are held out.
    context : Context
        Threads and memory.

    Returns
    -------
    mapping
        ``lists.settings (model, key, value)``, and ``lists.trials`` with a row for each trial.
    """
    from recsys.learners.lists import tuning

    names = {model["family"]: name for name, model in settings["models"].items() if "family" in model}
    names |= {name: name for name, model in settings["models"].items() if model["kind"] == "blend"}
    history = sample.sampled(
        read(inputs["interactions"], inputs["items"]), settings["users"], settings["items"]
    )
    parts = split.split(history, settings["judges"])
    first = None
    if history.user_count > settings["first_users"]:
        some = sample.sampled(history, settings["first_users"], settings["items"])
        first = split.split(some, settings["judges"])
    seconds = settings["seconds"] * (1.0 if IS_COMPILED else UNCOMPILED)
    found = tuning.tune(parts, seconds, context.threads, families=names, first=first)
    return {"lists.settings": _settings(found, names), "lists.trials": _trials(found, names)}


def _settings(found: Tuning, names: Mapping[str, str]) -> pa.Table:
    """Return a row for each parameter of each model; of a blend for the weight of each part."""
    rows = [
        {"model": names[family], "key": names.get(key, key), "value": str(value)}
        for family, parameters in found.parameters.items()
        if family in names
        for key, value in parameters.items()
    ]
    return pa.Table.from_pylist(rows, SETTINGS)


def _trials(found: Tuning, names: Mapping[str, str]) -> pa.Table:
    """Return a row for each trial, counted from 1."""
    rows = [
        {
            "model": names.get(trial.model, trial.model),
            "trial": number,
            "parameters": json.dumps(trial.parameters, sort_keys=True),
            "ndcg": trial.ndcg,
            "users": trial.users,
            "is_chosen": trial.parameters == found.parameters.get(trial.model),
        }
        for number, trial in enumerate(found.trials, 1)
    ]
    return pa.Table.from_pylist(rows, TRIALS)


def fit_ease(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Fit EASE on ``interactions``; return ``lists.ease (item_j, item_i, weight)``."""
    from recsys.learners.lists import ease as easing
    from recsys.learners.lists.pruning import Budget

    interactions = read(inputs["interactions"], inputs["items"])
    interactions = sample.affordable(interactions, settings["items"], context.memory_bytes)
    parameters = stored.parameters(easing.EaseParameters, inputs["chosen"].arrow(), settings["model"])
    budget = Budget(weights=min(Budget.weights, KEPT * interactions.item_count))
    model = easing.fit(interactions, parameters, budget, context.threads)
    weights = model.to_tables()["item_weights"]
    return {"lists.ease": weights.cast(proven(weights.schema, ("item_j", "item_i")))}


def limits(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Return ``lists.limits (model, reason)``.

    A row for EASE if it covers a part of the items, and on a cluster one for each model of ``driver``.
    """
    size = sample.Size(*inputs["size"].arrow().to_pylist()[0].values())
    reason = sample.limit(size, settings["items"], context.memory_bytes)
    reasons = {settings["model"]: [reason]} if reason else {}
    for model in settings["driver"] if context.has_frames else ():
        reasons.setdefault(model, []).append(ON_DRIVER)
    rows = [{"model": f"lists.{model}", "reason": "; ".join(found)} for model, found in reasons.items()]
    return {"lists.limits": pa.Table.from_pylist(rows, LIMITS)}


def fit_ials(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table | DataFrame]:
    """Fit iALS on ``interactions``, on a cluster by Spark's ALS; return ``lists.ials (item_id, factors)``."""
    from recsys.learners.lists import ials as factorising

    parameters = stored.parameters(factorising.IalsParameters, inputs["chosen"].arrow(), settings["model"])
    if context.has_frames and settings["solver"] != LOCAL:
        from recsys.learners.lists import cluster

        return {"lists.ials": cluster.item_factors(inputs["interactions"].frame(context), parameters)}
    interactions = read(inputs["interactions"], inputs["items"])
    model = factorising.fit(interactions, parameters, context.threads)
    return {"lists.ials": model.to_tables()["item_factors"]}


def fit_blend(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Return ``lists.blend (model, weight)``: the parts that the search found, none if none was better."""
    parts = stored.settings_of(inputs["chosen"].arrow(), settings["model"])
    weights = pa.array([float(weight) for weight in parts.values()], pa.float64())
    return {"lists.blend": pa.table({"model": pa.array(list(parts), pa.string()), "weight": weights})}


def fit_ranker(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Train trees over the scores of other list models on held-out likes, in folds of users.

    Parameters
    ----------
    inputs : mapping
        ``interactions`` and ``items`` of the validation history, ``held_out (user_id, item_id)``, ``chosen``
        settings, and what each of ``models`` learned from that history, by its name.
    settings : mapping
        ``models``: kinds and settings by name; ``length`` and ``diversity`` of the lists that are judged.
    context : Context
        Threads and memory.

    Returns
    -------
    mapping
        ``lists.ranker (fold, model)``, and ``lists.ranker_validation (user_id, rank, item_id)``, the lists of
        validation users by trees that did not see their likes.

    Raises
    ------
    UnavailableError
        There are too few validation users.
    """
    from recsys.learners.lists import ranker

    history = read(inputs["interactions"], inputs["items"])
    how = settings["length"], settings["diversity"]
    judging = quality.Judge.of(history, inputs["held_out"].arrow(), context.threads, *how)
    users = judging.histories.user_ids
    if len(users) < ranker.LEAST_USERS:
        raise UnavailableError(f"needs {ranker.LEAST_USERS} users with two likes: the data have {len(users)}")
    models = stored.StoredModels(settings["models"], inputs, inputs["chosen"].arrow(), lambda: history)
    parts = {name: models.open(name) for name in settings["models"]}
    known = split.Split(history, np.searchsorted(history.user_ids, users), judging.held_out)
    found = ranker.fit(parts, known, judging.length, context.threads)
    trees = [tree.model_to_string() for tree in found.trees]
    return {
        "lists.ranker": pa.table({"fold": pa.array(range(len(trees)), pa.int32()), "model": trees}),
        "lists.ranker_validation": quality.lists_table(
            users, history.item_ids, judging.diverse(found.items, found.scores)
        ),
    }


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
        ``models``: kinds and settings by name, the simplest first; ``length`` of the lists; ``by_item``,
        whether items are held out altogether, so that they alone compete; ``diversity`` of the lists.
    context : Context
        Threads and memory.

    Returns
    -------
    mapping
        ``lists.validation`` with a row for each model and user, ``lists.quality`` with one for each model.
    """
    history, is_by_item = read(inputs["interactions"], inputs["items"]), settings["by_item"]
    if is_by_item:
        history = replace(history, is_candidate=history.is_candidate & (history.rater_counts == 0))
    how = settings["length"], settings["diversity"]
    judging = quality.Judge.of(history, inputs["held_out"].arrow(), context.threads, *how)
    models = stored.StoredModels(settings["models"], inputs, inputs["chosen"].arrow(), lambda: history)
    lists = {}
    known = {name: model["kind"] for name, model in settings["models"].items()}
    names = [name for name in known if not models.is_empty(name)]
    if is_by_item:  # the lists of a ranker are made already, of other items
        names = [name for name in names if known[name] != RANKER]
    for number, name in enumerate(names):
        context.report(number / len(names), f"judges {name}")
        is_listed = known[name] == RANKER
        made = inputs[name].arrow() if is_listed else None
        lists[name] = judging.lists(models.open(name)) if made is None else judging.listed(made)
    judged = {name: judging.by_user(top) for name, top in lists.items()}
    return {
        "lists.validation": judging.users_table(judged),
        "lists.quality": judging.models_table(lists, judged),
    }


def prepare(kind: str) -> None:
    """Load what `recommend` needs for a kind of list model, so that it starts sooner.

    Parameters
    ----------
    kind : str
        Of the model that makes the lists.
    """
    if kind == WEIGHTS:
        load_kernels()


def recommend(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, Rows | DataFrame]:
    """Make the list of every user with the chosen model, in blocks of users, on a cluster by its workers.

    Parameters
    ----------
    inputs : mapping
        ``interactions`` of the users, ``items`` with counts of all users, ``users`` who get lists,
        ``held_out (user_id, item_id)`` that are left out, ``chosen`` settings, ``model (model)``, and what
        each of ``models`` learned, by its name.
    settings : mapping
        ``models``: kinds and settings by name; ``length`` of the lists; ``solver``.
    context : Context
        Threads and memory.

    Returns
    -------
    mapping
        ``marts.recommendations``, in the order of user and rank.
    """
    items = inputs["items"].arrow()
    counts = ItemCounts.of(items)
    name = inputs["model"].arrow()["model"][0].as_py()
    models = stored.StoredModels(settings["models"], inputs, inputs["chosen"].arrow(), lambda: counts)
    maker = Maker(name, models.open(name), settings["length"], RECOMMENDATIONS)
    excluded = Excluded.of(inputs["held_out"].arrow())
    if context.has_frames and settings["solver"] != LOCAL:
        from recsys.learners.lists import cluster

        if cluster.can_make_lists(context):
            interactions, users = (inputs[one].frame(context) for one in ("interactions", "users"))
            made = cluster.lists(maker, interactions, users, counts.item_ids, excluded, counts)
            return {"marts.recommendations": made}
        context.report(0.0, f"workers without Python and {', '.join(cluster.PACKAGES)}: lists are made here")
    table = inputs["interactions"].arrow()
    history = _interactions(table, items, inputs["users"])
    values, like_counts = aligned(table, "value"), counts.likes_of(history.item_ids)
    rows = maker.rows(history, excluded, values, context, like_counts)
    return {"marts.recommendations": pa.RecordBatchReader.from_batches(RECOMMENDATIONS, rows)}
