"""One of many readers: it queries a warehouse until it gets the order to stop. It imports little, to start at once."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

CHECKED = ("priors.overall", "staging.ratings", "marts.predictions", "scores.adaptive")
RECORD = "select build_id, digest from marts.build where name = '{}'"
COUNTS = """
select
    (select count(*) from staging.ratings), (select sum(rating_count) from marts.user_activity),
    (select count(*) from staging.users), (select count(*) from marts.user_facts)"""
CONTENT = "select coalesce(sum(hash(content)::hugeint), 0) from {} as content"


def read_until(warehouse: str, stop: str, of: str = "builds") -> None:
    """Read until a file ``stop`` appears; print how many answers came from how many builds, or ``of`` changes."""
    look = _one_state if of == "changes" else _one_build
    builds, count = set(), 0
    while not Path(stop).exists():
        with duckdb.connect(warehouse, read_only=True, config={"threads": 1}) as connection:
            connection.execute("begin")
            for _ in range(3):
                builds.add(look(connection))
                count += 1
            connection.execute("commit")
        time.sleep(0.3)  # the machine is also to build
    print(json.dumps([count, sorted(builds)]))


def _one_build(connection: duckdb.DuckDBPyConnection) -> str:
    """The id of the build that everything seen in this transaction is from; AssertionError if it is not one."""
    current = connection.execute("select distinct value from marts.build where name = 'data'").fetchall()
    assert len(current) == 1
    for relation in CHECKED:
        (_, digest), *others = connection.execute(RECORD.format(relation)).fetchall()
        (content,) = connection.execute(CONTENT.format(relation)).fetchall()[0]
        assert not others and f"{content:x}" == digest, f"{relation} is not as its build left it"
    return str(current[0][0])


def _one_state(connection: duckdb.DuckDBPyConnection) -> str:
    """The number of ratings; AssertionError if relations that a change updates together disagree on it."""
    counts = connection.execute(COUNTS).fetchall()[0]
    assert counts[0] == counts[1] and counts[2] == counts[3], f"relations of different states: {counts}"
    return str(counts[0])


if __name__ == "__main__":
    read_until(*sys.argv[1:])
