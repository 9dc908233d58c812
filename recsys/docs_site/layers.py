"""Describe each layer of a warehouse."""

from __future__ import annotations

from collections.abc import Mapping

DESCRIPTIONS: Mapping[str, str] = {
    "staging": "The input files as tables; no other layer reads files",
    "hierarchy": "The albums, artists and genres of each item, with gaps filled",
    "priors": "The mean rating of each item by all users",
    "validation": "Held-out likes, sampled negatives, and the models fitted without them",
    "learned": "What is fitted to all ratings: item-to-item weights, and factors of users and items",
    "features": "Numbers that describe candidates, pairs of a user and an item",
    "scores": "One score per candidate, from each model",
    "list_validation": "The list models, fitted to the history without held-out likes",
    "lists": "The models that recommend from all items",
    "marts": "What people read: recommendations, predictions, leaderboards and facts",
    "internal": "Helpers of the macros",
    "main": "Macros that any DuckDB client can call, such as recommend",
    "checks": "Queries that return the rows which break a rule; a build fails on any",
}
