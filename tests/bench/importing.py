"""``recsys import``, compared with what DuckDB alone needs to read the same CSV and write it with integer ids.

Users and items are texts; the plain program does what anybody would write: a table of the file, one of the
users, one of the items, and a join into a Parquet file. The import besides orders ratings by time, looks for
duplicates, checks every value, and writes names and digests; once more with the holdout. Usage:

    python -m tests.bench.importing [ROWS]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import duckdb
from rich.console import Console

from tests.bench.measure import Contestant, interleave, show

ROWS = 10_000_000
TIMES = 3
MEMORY = "4GB"
# A pair comes once: the step is coprime to the number of pairs of 200,000 users and 50,000 items.
MADE = """
    copy (
        select
            format('user-{:07d}', (pair // 50000)::bigint) as "userId",
            format('B00{:06d}', (pair % 50000)::bigint) as "movieId",
            1 + (hash(pair, 1) % 9)::integer / 2.0 as rating,
            900000000 + (hash(pair, 2) % 300000000)::bigint as timestamp
        from (select (range::hugeint * 6364136223846793005 % 10000000000)::bigint as pair from range($rows))
    ) to $path (header)"""
PLAIN = """
    create temp table raw as from read_csv('{path}');
    create temp table users as
        select userId, row_number() over (order by userId)::integer as user_id
        from (select distinct userId from raw);
    create temp table items as
        select movieId, row_number() over (order by movieId)::integer as item_id
        from (select distinct movieId from raw);
    copy (
        select user_id, item_id, rating, timestamp
        from raw join users using (userId) join items using (movieId)
    ) to '{out}/ratings.parquet'"""


def plain(path: str, out: str) -> None:
    with duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": f"{out}/spill"}) as connection:
        for statement in PLAIN.format(path=path, out=out).split(";"):
            connection.execute(statement)


def main(rows: int) -> None:
    """Make the file, run each program in turn, print medians."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "ratings.csv"
        duckdb.connect().execute(MADE, {"rows": rows, "path": str(path)})
        contestants = []
        for title, holdout in (("recsys import", 0), ("recsys import, with holdout", 3)):
            out = folder / f"import-{holdout}"
            command = ["-m", "recsys", "import", path, "--out", out / "data", "--holdout", holdout]
            command += ["--memory", MEMORY]
            contestants.append(Contestant(title, [sys.executable, *map(str, command)], out))
        out = folder / "plain"
        command = [sys.executable, "-m", "tests.bench.importing", "plain", str(path), str(out)]
        contestants.append(Contestant("DuckDB alone", command, out))
        found = interleave(contestants, TIMES)
    show(f"{rows:,} ratings of {path.name}, text ids", found, Console())


if __name__ == "__main__":
    if sys.argv[1:2] == ["plain"]:
        plain(*sys.argv[2:])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
