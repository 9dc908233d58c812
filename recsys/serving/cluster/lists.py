"""Recommend to all users on a cluster: run the warehouse's request SQL over its store.

One machine computes lists per block of users, a cluster for all users at once: each relation is Parquet in a
folder of the store that is deleted when the lists are written.
"""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq

from recsys.backends.database import EngineError, Limits
from recsys.backends.duckdb.database import Writer
from recsys.backends.duckdb.statements import Connection, first_line
from recsys.backends.spark import session as spark_session
from recsys.backends.spark.connection import probe
from recsys.backends.spark.database import SparkDatabase
from recsys.backends.spark.store import Store, readable
from recsys.backends.spark.translation import relations_in
from recsys.engine import manifest
from recsys.errors import RecsysError, UsageError
from recsys.identifiers import quoted_relation
from recsys.project.contract import Context
from recsys.serving import export
from recsys.serving.cluster import mapping
from recsys.serving.lists import EVERYBODY, SCHEMA, Recommender, RecommendRequest, Report
from recsys.serving.queries import has
from recsys.serving.query_templates import QueryTemplate
from recsys.sources.parquet import SUFFIX

USERS, RATINGS, REQUEST, SCORES = (f"{SCHEMA}.{name}" for name in ("users", "ratings", "request", "scores"))
HISTORY = "staging.ratings"  # ratings of all users
RECOMMENDED = f"{SCHEMA}.recommended"
LISTS = f"""
select "user", cast(rank as bigint) as rank, item, name, score, reason
from scratch.{RECOMMENDED} order by user_id, rank"""
POLL_SECONDS = 0.2

Step = tuple[str, Callable[[], object]]


@dataclass(frozen=True)
class Cluster:
    """Name a master's URL and the limits of this process, which drives it."""

    master: str | None
    limits: Limits


def write(
    recommender: Recommender, request: RecommendRequest, out: Path, cluster: Cluster, report: Report
) -> int:
    """Write lists for all users as Parquet to the folder ``out`` and return the number of rows.

    Raises
    ------
    UsageError
        The warehouse has no store, the folder cannot be written to, or no cluster can compute the lists; the
        folder is unchanged then.
    """
    model = recommender.model(request)
    scored = recommender.requests.needed(f"{SCHEMA}.scores_{model}", {USERS, RATINGS, REQUEST})
    there = {USERS, RATINGS, REQUEST, SCORES, *(statement.relation for statement in scored)}
    listed = recommender.requests.needed(RECOMMENDED, there)
    store = _store(recommender.connection)
    export.check_folder(out)
    with export.folder(out) as unfinished, store.borrowed(), tempfile.TemporaryDirectory() as scratch:

        def clear() -> None:
            """Delete partial output, before a signal's grace period of seconds is over."""
            store.discard()
            shutil.rmtree(unfinished, ignore_errors=True)

        try:
            folders = _folders(recommender.connection, store, [*scored, *listed])
            making = _Making(store, folders, cluster, Path(scratch))
            probe(making.database.session, unfinished, out, "folder")
            for statement in scored:
                making.check(statement)
            steps: list[Step] = [
                ("users", lambda: making.create(USERS, EVERYBODY)),
                ("request", lambda: making.database.store(_own(REQUEST), request.table(model))),
                *making.steps(scored),
                ("scores", lambda: making.database.alias(_own(SCORES), _own(f"{SCHEMA}.scores_{model}"))),
                *making.steps(listed),
                ("lists", lambda: making.database.export(LISTS, unfinished)),
            ]
            making.run(steps, report, clear)
            rows = making.database.count(_own(RECOMMENDED))
        except BaseException:
            clear()
            raise
        finally:
            spark_session.stop()
        if not rows:
            raise UsageError(f"{out}: not written; the warehouse has no users")
    return rows


class _Making:
    """Compute the relations of one request for all users, one after the other."""

    def __init__(self, store: Store, folders: Mapping[str, Path], cluster: Cluster, scratch: Path) -> None:
        """Connect; ``folders`` maps every relation of the warehouse that is read to its folder."""
        limits = cluster.limits
        self.folders, self.done = folders, 0
        self.context = Context(
            scratch=scratch,
            threads=limits.threads,
            memory_bytes=limits.memory_bytes,
            spark_master=cluster.master,
            has_frames=True,
        )
        with readable(folders[HISTORY]):
            files = folders[HISTORY].glob(f"*{SUFFIX}")
            ratings = sum(pq.read_metadata(file).num_rows for file in files)
        kept = {**folders, _own(RATINGS): folders[HISTORY]}
        writer = Writer(Path(":memory:"), limits, scratch / "spill")
        writer.prepare([SCHEMA])
        self.database = SparkDatabase(writer, store, self.context, kept, input_rows=ratings)

    def steps(self, statements: Iterable[QueryTemplate]) -> list[Step]:
        """Return a named step per template."""
        return [(one.relation.partition(".")[2], partial(self.make, one)) for one in statements]

    def create(self, relation: str, sql: str) -> None:
        """Compute a relation with SQL."""
        self.database.create(_own(relation), "temp", sql)

    def check(self, statement: QueryTemplate) -> None:
        """Raise UsageError if the workers cannot run the function of a template."""
        if statement.function is not None:
            mapping.ask(self.database.session, statement)

    def make(self, statement: QueryTemplate) -> None:
        """Compute a relation with its SQL or its function."""
        if statement.function is None:
            self.create(statement.relation, statement.sql)
            return
        places = statement.places()
        ((argument, place),) = (one for one in places.items() if one[1] not in self.folders)
        folders = {name: self.folders[kept] for name, kept in places.items() if name != argument}
        with self.database.running() as session, mapping.needing_python(session, statement):
            frame = self.database.relation(place, ()).frame(self.context)
            made = mapping.mapped(statement, argument, frame, folders)
            self.database.store(_own(statement.relation), made)

    def run(self, steps: Sequence[Step], report: Report, clear: Callable[[], None]) -> None:
        """Run all steps in a thread, so that the caller stays interruptible, and report progress.

        On interrupt, delete partial output without waiting for running tasks.
        """

        def work() -> None:
            for self.done, (name, step) in enumerate(steps):
                try:
                    step()
                except EngineError as error:
                    raise RecsysError(f"{name}: {first_line(error)}") from None

        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(work)
            try:
                while wait([future], POLL_SECONDS).not_done:
                    report((self.done + self.database.progress()) / len(steps), steps[self.done][0])
            except BaseException:
                self.database.interrupt()
                clear()
                raise
            future.result()


def _own(relation: str) -> str:
    """Return the name of a relation that is deleted after the request."""
    return f"scratch.{relation}"


def _store(connection: Connection) -> Store:
    """Return a new folder in the store of an open warehouse; raise UsageError if it was built without one."""
    settings = manifest.settings_from(connection)
    if "store" not in settings:
        raise UsageError(
            "--engine spark: this warehouse was built on one machine, without a store for workers; "
            "build it with recsys build --engine spark, or leave --engine out"
        )
    return Store(Path(settings["store"]), uuid.uuid4().hex)


def _folders(connection: Connection, store: Store, statements: Iterable[QueryTemplate]) -> dict[str, Path]:
    """Return the folders of all relations that the templates read; write out those only in the warehouse."""
    read = relations_in(EVERYBODY) | {HISTORY}
    for statement in statements:
        read.update(relations_in(statement.sql) if statement.function is None else statement.kept())
    records = manifest.read_from(connection)
    found = {name: store.place(name, records[name].build_id) for name in read if name in records}
    folders = {name: folder for name, folder in found.items() if folder.is_dir()}
    for name in read - folders.keys():
        if name in found and records[name].kind in ("table", "view") and not name.startswith("marts."):
            raise UsageError(
                f"{found[name]}: missing from the store; build again with recsys build --engine spark"
            )
        if not has(connection, name):
            raise UsageError(f"this warehouse has no {name}; build all of it: recsys build without --select")
        folders[name] = store.scratch(name)
        folders[name].mkdir()
        out = {"out": str(folders[name] / f"part-0{SUFFIX}")}
        connection.execute(f"copy (from {quoted_relation(name)}) to $out (format parquet)", out)
    return folders
