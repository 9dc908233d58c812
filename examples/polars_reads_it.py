"""Reads a warehouse into polars: `python polars_reads_it.py`, in a folder with warehouse/recsys.duckdb.

Needs polars in addition to recsys: `pip install polars`.
"""

from __future__ import annotations

import polars as pl

import recsys

with recsys.open("warehouse/recsys.duckdb") as warehouse:
    print(warehouse.leaderboard().pl().select("model", "accuracy", "users"))

    # Where do two models disagree most? Two relations, one join, in polars.
    ranks = {
        model: warehouse.predictions(model).pl().lazy().select("user_id", "track_id", "rank")
        for model in ("adaptive", "max_genre")
    }
    apart = (
        ranks["adaptive"]
        .join(ranks["max_genre"], on=["user_id", "track_id"], suffix="_max_genre")
        .with_columns((pl.col("rank") - pl.col("rank_max_genre")).abs().alias("apart"))
        .sort("apart", "user_id", "track_id", descending=[True, False, False])
        .head(5)
        .collect()
    )
    print(apart)

    # Everybody's list, as it is made, into a file that polars scans without loading it.
    warehouse.recommend(k=10).write_parquet("top.parquet")
print(pl.scan_parquet("top.parquet").select(pl.len().alias("rows")).collect())
