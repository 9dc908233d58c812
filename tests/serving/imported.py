"""Three generated data sets of films, stars, counts and likes, and the answers of every interface."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from starlette.testclient import TestClient

import recsys
from recsys.cli import program
from recsys.sources.importing.options import Options
from recsys.sources.importing.recipe import run
from recsys.ui.app import application
from recsys.ui.site import Site
from tests.given import build_sql

USERS, ITEMS, TASTES = 70, 40, 3
CLIENT = Path(sys.executable).with_name("duckdb")  # DuckDB 1.5, the oldest client that the README names
WITHOUT = ("scores.ranker", "scores.taxonomy_factors", "scores.ease")  # learned, and of no use to lists
FEEDBACK = {"stars": "rating", "counts": "count", "likes": None}


def write(folder: Path, kind: str, seed: int) -> Path:
    """Import films of three tastes with ratings, counts or likes; return the data directory."""
    rng = np.random.default_rng(seed)
    taste_of_item, taste_of_user = rng.integers(0, TASTES, ITEMS), rng.integers(0, TASTES, USERS)
    fame = 1 / np.sqrt(1 + np.arange(ITEMS))
    lines = [["user", "item", "time", *filter(None, [FEEDBACK[kind]])]]
    for user in range(USERS):
        fits = taste_of_item == taste_of_user[user]
        chance = fame * np.where(fits, 4, 1)
        chosen = rng.choice(ITEMS, rng.integers(1, 14), replace=False, p=chance / chance.sum())
        for place, item in enumerate(chosen):
            stars = int(np.clip(round(3 + fits[item] + rng.normal() * 0.8), 1, 5))
            value = {"stars": [stars], "counts": [int(rng.geometric(0.2))], "likes": []}[kind]
            lines.append([f"u{user}", f"f{item}", 86400 * (1000 * user + place), *value])
    titles = [["item", "title", "genres"]]
    titles += [[f"f{item}", f"Film {item}", f"Genre {taste_of_item[item]}"] for item in range(ITEMS)]
    for name, rows in (("ratings.csv", lines), ("films.csv", titles)):
        with (folder / name).open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    data = folder / "data"
    run(Options([str(folder / "ratings.csv")], data, items=str(folder / "films.csv"), noun="film", holdout=0))
    return data


def build(folder: Path, kind: str, seed: int, out: Path) -> None:
    """Build the list models of one of the data sets, stars and counts with learners."""
    build_sql(
        write(folder, kind, seed),
        out,
        sql_only=kind == "likes",
        unwanted=WITHOUT,
        overrides=("tuning.seconds=0",),
    )


class Answers:
    """What each interface answers about one warehouse."""

    def __init__(
        self, warehouse: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]
    ) -> None:
        self.warehouse, self.patch, self.capture = warehouse, patch, capture

    @property
    def app(self) -> TestClient:
        """The explorer."""
        return TestClient(application(self.warehouse, seed=1), base_url="http://127.0.0.1:8350")

    def command(self, *words: object) -> list[dict[str, Any]]:
        """The rows of ``recsys ... --json``."""
        called = ["recsys", *map(str, words), "--json", "--warehouse", str(self.warehouse)]
        self.patch.setattr(sys, "argv", called)
        program.run()
        rows: list[dict[str, Any]] = json.loads(self.capture.readouterr().out)
        return rows

    def client(self, query: str) -> list[dict[str, Any]]:
        """The rows of a query in the oldest client."""
        words = [str(CLIENT), "-readonly", "-bail", "-csv", "-nullvalue", "\\N", str(self.warehouse), query]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        rows = csv.DictReader(io.StringIO(done.stdout))
        return [{name: None if text == "\\N" else text for name, text in row.items()} for row in rows]

    def recommend(self, user: str, k: int) -> dict[str, list[dict[str, Any]]]:
        """The list of a user by interface."""
        macro = f"from recommend('{user}', {k})"
        with recsys.open(self.warehouse) as warehouse:
            library = warehouse.recommend(user, k).to_arrow_table().to_pylist()
            sql = warehouse.sql(macro).to_arrow_table().to_pylist()
        app = self.app
        return {
            "CLI": self.command("recommend", user, "-k", k),
            "Python": library,
            "SQL": sql,
            "DuckDB 1.5": self.client(macro),
            "JSON": app.get(f"/api/recommend?user={user}&k={k}").json()["recommendations"],
            "explorer": self.shown(app, f"/users/{user}/lists")[:k],
        }

    def shown(self, app: TestClient, path: str) -> list[dict[str, Any]]:
        """The rows that the explorer puts into a page of lists."""
        given: list[Mapping[str, Any]] = []
        page = Site.page

        def noticing(site: Site, request: Any, template: str, **values: Any) -> Any:
            given.append(values)
            return page(site, request, template, **values)

        with self.patch.context() as patch:
            patch.setattr(Site, "page", noticing)
            assert app.get(path).status_code == 200
        found = given[-1]["lists"]
        (rows,) = found.values() if isinstance(found, dict) else [found]
        return list(rows)

    def leaderboard(self) -> dict[str, list[dict[str, Any]]]:
        """The leaderboard of lists by interface."""
        with recsys.open(self.warehouse) as warehouse:
            library = warehouse.list_leaderboard().to_arrow_table().to_pylist()
        app = self.app
        return {
            "CLI": self.command("leaderboard"),
            "Python": library,
            "DuckDB 1.5": self.client("from marts.list_leaderboard"),
            "explorer": self.shown(app, "/"),
        }


def in_common(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Rank, item, score and reason of the rows of a list."""
    return [(int(row["rank"]), row["item"], float(row["score"]), row["reason"]) for row in rows]


def judged(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Model, NDCG and seconds of the rows of a leaderboard."""
    return [(row["model"], float(row["ndcg"]), float(row["seconds"])) for row in rows]


def users_of(warehouse: Path, count: int, seed: int) -> list[str]:
    """Random users."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        known = [row[0] for row in connection.execute("select original_id from staging.users").fetchall()]
    return list(np.random.default_rng(seed).choice(sorted(known), count, replace=False))
