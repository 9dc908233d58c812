"""A small shop's data, with ids and names that stand out, and its warehouse."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from recsys.sources import parquet
from recsys.sources.importing.options import Options
from recsys.sources.importing.recipe import run as run_import
from tests import cache
from tests.given import build_sql

USER, OTHER = "visitor-qzxj-7", "visitor-qzxj-11"
ITEM, NAME = "novel-wvkq-3", "The Yjkzw Garden"
HEADER = "user,item,rating,timestamp"
USERS, ITEMS = 24, 20


def write_source(folder: Path) -> tuple[Path, Path]:
    """Write the files that a shop exports; return that of ratings and that of items."""
    draw = random.Random(3)
    ratings = [HEADER]
    for user in range(USERS):
        for place, item in enumerate(draw.sample(range(ITEMS), 9)):
            value = draw.choice((1, 2, 4, 5, 5))
            ratings.append(
                f"visitor-qzxj-{user},novel-wvkq-{item},{value},{1_600_000_000 + user * 50 + place}"
            )
    items = ["item,name,genres,album,year"]
    for item in range(ITEMS):
        name = NAME if item == 3 else f"Title {item}"
        items.append(
            f"novel-wvkq-{item},{name},{'Noir' if item % 2 else 'Drama'},series {item % 4},{1990 + item}"
        )
    (folder / "ratings.csv").write_text("\n".join(ratings) + "\n")
    (folder / "novels.csv").write_text("\n".join(items) + "\n")
    return folder / "ratings.csv", folder / "novels.csv"


def imported(folder: Path) -> Path:
    """Import these files into the data directory ``data`` of a folder."""
    ratings, items = write_source(folder)
    run_import(Options(files=[ratings], out=folder / "data", items=items, noun="novel", holdout=1))
    return folder / "data"


def built(config: pytest.Config, data: Path, out: Path) -> Path:
    """Build the SQL half of their warehouse, or take it from the cache."""
    made_from = (data / parquet.METADATA).read_text().partition('"sha256"')[2]
    return cache.warehouse(config, "shop", made_from, lambda path: build_sql(data, path), out)
