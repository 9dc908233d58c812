"""What `recsys recommend --all` takes: processor time and memory for some users, and what that makes of all.

    python -m tests.bench.recommending WAREHOUSE [--users 4000] [--model NAME]

The users are drawn by a digest of their ids and taken in blocks, as the command takes everybody. WAREHOUSE is
a built one, such as that of the demo data at full scale: `make build SCALE=full WAREHOUSE=full.duckdb`.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

from recsys.backends.database import Limits
from recsys.backends.duckdb.connection import query, reading
from recsys.serving.lists import Recommender, RecommendRequest

MEBIBYTE = 1 << 20
USERS = "select distinct user_id from staging.ratings order by md5(user_id::varchar) limit $count"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("--users", type=int, default=4000)
    parser.add_argument("--model")
    given = parser.parse_args()
    with reading(given.warehouse) as connection:
        recommender, request = Recommender(connection, Limits(2, "2GB")), RecommendRequest(10, given.model)
        users = sorted(query(connection, USERS, {"count": given.users})["user_id"].to_pylist())
        everybody = query(connection, "select count(distinct user_id) as n from staging.ratings")["n"][
            0
        ].as_py()
        before, begun = _processor_seconds(), time.perf_counter()
        rows = sum(block.num_rows for block in recommender.blocks(request, users))
        seconds, wall = _processor_seconds() - before, time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEBIBYTE
    print(
        f"{rows:,} rows for {len(users):,} users by {recommender.model(request)}: {wall:.1f} s, {seconds:.1f} s CPU"
    )
    print(f"{everybody:,} users: {seconds * everybody / len(users):,.0f} s CPU; peak {peak:,.0f} MiB")


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
