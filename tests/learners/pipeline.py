"""Runs the learned models of a data directory inside the test process, with one Spark session for all."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Mapping
from pathlib import Path

import duckdb

from recsys.errors import UnavailableError
from recsys.project import Project
from recsys.project.contract import Context
from recsys.project.rendered import Rendered
from recsys.sources.directory import OPTIONAL
from tests.given import build_sql, write_directory
from tests.relations import held

LEARNED = (
    "ranker",
    "ease",
    "taxonomy_factors",
    "autoencoder_fallback",
    "als_raw_blend",
    "als_rank_blend",
    "als_normalized_blend",
    "decision_tree",
    "logistic_regression",
    "gradient_boosted_trees",
    "random_forest",
)
CLASSIFIERS = LEARNED[7:]

# Grids of one point and few rounds: the tests are about conduct, and the planted world is easy.
QUICK = (
    "ease.regularization=10.0",
    "taxonomy_factors.factors=8",
    "taxonomy_factors.learning_rate=0.1",
    "taxonomy_factors.final_learning_rate=0.05",
    "folds.count=3",
    "als.iterations=3",
    "als.rank=4",
    "autoencoder.hidden=16",
    "autoencoder.learning_rate=0.02",
    "autoencoder.batch_users=16",
    "decision_tree.max_depth=[3]",
    "decision_tree.min_instances=3",
    "logistic_regression.regularization=[0.01]",
    "gradient_boosted_trees.max_depth=[2]",
    "gradient_boosted_trees.trees=3",
    "random_forest.max_depth=[4]",
    "random_forest.trees=10",
    "ranker.trees=30",
    "ranker.fewest_users=3",
    "ranker.leaf_examples=5",
)


def learned(
    files: Mapping[str, str], folder: Path, context: Context, overrides: tuple[str, ...] = QUICK
) -> duckdb.DuckDBPyConnection:
    """A warehouse with every model that the scores of ``LEARNED`` need."""
    data, warehouse = write_directory(folder / "data", files), folder / "warehouse.duckdb"
    build_sql(data, warehouse, overrides=overrides)
    project = Project.load(overrides=overrides, present=set(OPTIONAL) & set(files))
    connection = duckdb.connect(str(warehouse))
    connection.execute("attach ':memory:' as scratch")
    for layer in project.layers:
        connection.execute(f"create schema if not exists {layer}")
        connection.execute(f"create schema if not exists scratch.{layer}")
    for rendered in _missing(project, connection):
        with contextlib.suppress(UnavailableError):  # as in a build, which goes on without the model
            _run(connection, project, rendered, context)
    return connection


def _missing(project: Project, connection: duckdb.DuckDBPyConnection) -> list[Rendered]:
    """What the warehouse lacks of the learned scores and all that they read, in the order of their graph."""
    query = (
        "select table_schema || '.' || table_name from information_schema.tables "
        "where table_catalog = current_database()"
    )
    built = {name for (name,) in connection.execute(query).fetchall()}
    graph = project.graph()
    wanted = {f"scores.{name}" for name in LEARNED}
    for name in reversed(graph):
        wanted |= set(project.parents(graph[name])) if name in wanted - built else set()
    return [rendered for name, rendered in graph.items() if name in wanted - built]


def _run(
    connection: duckdb.DuckDBPyConnection, project: Project, rendered: Rendered, context: Context
) -> None:
    model, call = rendered.model, rendered.call
    if call is None:
        connection.execute(f"create table {project.location(model.name)} as {rendered.sql}")
        return
    inputs = {
        argument: connection.sql(f"from {relation} order by all").to_arrow_table()
        for argument, relation in call.relations.items()
    }
    learner = getattr(importlib.import_module(f"recsys.{call.module}"), call.function)
    for relation, table in learner(held(inputs), call.settings, context).items():
        connection.register("incoming", table)
        connection.execute(f"create table {relation} as from incoming")
        connection.unregister("incoming")
