"""One of many readers: it queries a warehouse until it gets the order to stop. It imports little, to start at once."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

CHECKED = ("priors.overall", "staging.ratings", "marts.predictions", "scores.adaptive")
RECORD = "select build_id, digest from marts.build where name = '{}'"
CONTENT = "select coalesce(sum(hash(content)::hugeint), 0) from {} as content"


def read_until(warehouse: str, stop: str, told_by: str = "value") -> None:
    """Read until a file ``stop`` appears; print how many answers came from how many builds.

    ``told_by`` is the column of ``marts.build`` that tells builds apart.
    """
    builds, count = set(), 0
    while not Path(stop).exists():
        with duckdb.connect(warehouse, read_only=True, config={"threads": 1}) as connection:
            connection.execute("begin")
            for _ in range(3):
                builds.add(_one_build(connection, told_by))
                count += 1
            connection.execute("commit")
        time.sleep(0.3)  # the machine is also to build
    print(json.dumps([count, sorted(builds)]))


def _one_build(connection: duckdb.DuckDBPyConnection, told_by: str) -> str:
    """The id of the build that everything seen in this transaction is from; AssertionError if it is not one."""
    current = connection.execute(f"select distinct {told_by} from marts.build where name = 'data'").fetchall()
    assert len(current) == 1
    for relation in CHECKED:
        (_, digest), *others = connection.execute(RECORD.format(relation)).fetchall()
        (content,) = connection.execute(CONTENT.format(relation)).fetchall()[0]
        assert not others and f"{content:x}" == digest, f"{relation} is not as its build left it"
    return str(current[0][0])


if __name__ == "__main__":
    read_until(*sys.argv[1:])
