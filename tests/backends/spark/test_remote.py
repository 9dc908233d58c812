"""Data directories that Spark reads and this machine does not: the same warehouse, and refusals in a line.

The file system is Hadoop's own table of mounts, under a URL that no path of this machine is.
"""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from recsys.backends.spark import session as spark_session
from recsys.errors import Error, InputError, UsageError
from recsys.project.contract import Context
from recsys.sources.remote import Remote, located
from tests.backends.spark.conftest import rows
from tests.given import Silent, build_sql
from tests.parquet import converted

READING = (
    "+staging.ratings",
    "+hierarchy.items",
    "+staging.track_genres",
    "+staging.genres",
    "+staging.candidates",
    "+staging.labels",
)
SQL = Path(__file__).parents[3] / "sql"
SCORES = "from scores.adaptive order by all"
_mounts = itertools.count(1)


@pytest.fixture
def data(on_duckdb: Path, tmp_path: Path) -> Path:
    """The tiny demo data as Parquet."""
    return converted(on_duckdb, tmp_path / "data")


@pytest.fixture
def mounted(cluster: str, tmp_path: Path) -> Callable[[Path], Remote]:
    """A folder under a URL."""

    def mount(folder: Path) -> Remote:
        name = f"mount{next(_mounts)}"
        session = spark_session.session(Context(scratch=tmp_path))
        settings = session.sparkContext._jsc.hadoopConfiguration()
        settings.set(f"fs.viewfs.mounttable.{name}.link./data", f"file://{folder}")
        return Remote(f"viewfs://{name}/data")

    return mount


@pytest.fixture
def build(cluster: str, tmp_path: Path) -> Callable[..., Silent]:
    def run(data: Remote | Path, **options) -> Silent:
        given = {"engine": "spark", "spark_master": cluster, "selected": READING, **options}
        return build_sql(data, tmp_path / "w.duckdb", **given)

    return run


def changed(data: Path, name: str, query: str) -> None:
    """Replace a file by what a query makes of it, ``old``."""
    path = data / f"{name}.parquet"
    old = path.rename(data.parent / "old.parquet")
    with duckdb.connect() as connection:
        connection.execute(f"create view old as from '{old}'")
        connection.execute(f"copy ({query}) to '{path}'")


def test_what_changed_is_read_again_and_the_rest_is_kept(build, mounted, data: Path, tmp_path: Path) -> None:
    url, staging = mounted(data), {"selected": (), "sql": tmp_path / "sql"}
    for part in ("staging", "macros"):
        shutil.copytree(SQL / part, staging["sql"] / part)
    shutil.copy(SQL / "parameters.toml", staging["sql"])
    assert "staging.genres" in build(url, **staging).finished_models
    told = rows(
        tmp_path / "w.duckdb", "select value from marts.build where kind = 'setting' and name = 'data'"
    )
    assert told == [(str(url),)]
    assert build(url, **staging).finished_models == {}
    changed(data, "genres", "from old union all select 99999999")
    again = build(url, **staging).finished_models
    assert "staging.genres" in again
    assert "staging.ratings" not in again


def test_the_scores_are_those_of_a_folder_and_a_file_may_be_a_folder_of_parts(
    build, mounted, data: Path, on_duckdb: Path, tmp_path: Path
) -> None:
    old = (data / "ratings.parquet").rename(tmp_path / "old.parquet")
    (data / "ratings.parquet").mkdir()
    with duckdb.connect() as connection:
        for part in range(3):
            target = data / "ratings.parquet" / f"part-{part}.parquet"
            connection.execute(f"copy (from '{old}' where seq % 3 = {part}) to '{target}'")
    (data / "ratings.parquet" / "_SUCCESS").touch()
    build(mounted(data), selected=("+scores.adaptive",))
    expected = rows(on_duckdb, SCORES)
    assert len(expected) > 100
    assert rows(tmp_path / "w.duckdb", SCORES) == [
        (user, track, pytest.approx(score, abs=1e-9)) for user, track, score in expected
    ]


WRONG = {
    "rating": ("ratings", "select * replace (101 as rating) from old", "101", "0..100 in the column rating"),
    "no user": ("ratings", "select * replace (null::integer as user_id) from old", "None", "in the column user_id"),
    "no column": ("ratings", "select * exclude (rating) from old", None, "a column rating, found user_id"),
    "text": ("ratings", "select * replace ('x' as rating) from old", None, "whole numbers in the column rating"),
    "no rows": ("ratings", "from old where false", None, "rows, found a file without any"),
    "order": ("ratings", "select * replace (1 as seq) from old", "seq = 1", "one rating for each user_id and seq"),
    "rated twice": (
        "ratings",
        "from old union all (select * replace (seq + 10000000 as seq) from old limit 1)",
        "user_id = ", "one row for each user_id and item_id",
    ),
    "listed twice": ("tracks", "from old union all from old", "id = ", "an id listed once"),
    "a list of none": ("tracks", "select * replace ([null] as genre_ids) from old", "[None]", "a list of ids"),
    "odd candidates": ("candidates", "from old where position > 1", "user_id = ", "an even number of candidates"),
    "label of no candidate": (
        "labels", "select * replace (0 as track_id) from old limit 1", "track_id = 0", "a pair that is a candidate",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_breaks_the_format_is_told_by_file_and_text(name: str, build, mounted, data: Path) -> None:
    file, query, text, expected = WRONG[name]
    changed(data, file, query)
    url = mounted(data)
    with pytest.raises(InputError) as refused:
        build(url, selected=(f"+staging.{file}", *(["+staging.track_genres"] if file == "tracks" else [])))
    message = str(refused.value)
    assert message.startswith(f"{url}/{file}.parquet: ")
    assert expected in message
    assert text is None or text in message
    assert "\n" not in message


@pytest.mark.parametrize("kept", ["start", "both ends"])
def test_damaged_files_are_told(kept: str, build, mounted, data: Path) -> None:
    """A file that was cut off, and one whose middle was overwritten."""
    path = data / "ratings.parquet"
    whole = path.read_bytes()
    third = len(whole) // 3
    path.write_bytes(whole[:third] if kept == "start" else whole[:4] + bytes(third) + whole[4 + third :])
    url = mounted(data)
    with pytest.raises((UsageError, InputError)) as refused:
        build(url)
    assert str(refused.value).startswith(str(url))
    assert "\n" not in str(refused.value)


def test_an_import_that_was_written_over_is_looked_at(build, mounted, data: Path) -> None:
    """What an import says of the order of its ratings holds for the bytes that it wrote."""
    said = {"format_version": 1, "sha256": {"ratings.parquet": "of other bytes"}}
    (data / "dataset.json").write_text(json.dumps(said))
    changed(data, "ratings", WRONG["order"][1])
    with pytest.raises(InputError, match="one rating for each user_id and seq"):
        build(mounted(data))
    (data / "dataset.json").write_text("[")
    with pytest.raises(InputError, match="dataset.json: expected JSON as an import writes it"):
        build(mounted(data))


def test_what_is_not_there_is_told(build, mounted, data: Path, tmp_path: Path) -> None:
    missing = Remote(f"{mounted(data)}/none")
    refused: dict[str, tuple[Remote, type[Error]]] = {
        f"{missing}: no such directory": (missing, UsageError),
        'nope://x/y: Spark cannot read this data directory: No FileSystem for scheme "nope"': (
            Remote("nope://x/y"),
            UsageError,
        ),
    }
    for message, (url, kind) in refused.items():
        with pytest.raises(kind) as error:
            build(url)
        assert str(error.value) == message
    (data / "candidates.parquet").unlink()
    with pytest.raises(UsageError, match="no file candidates.parquet; build without test items"):
        build(mounted(data))
    (data / "submissions").mkdir()
    with pytest.raises(
        UsageError, match="/submissions: submissions are read only from a data directory of this"
    ):
        build(mounted(data))
    assert not (tmp_path / "w.duckdb").exists()


def test_duckdb_reads_folders_alone(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match="--data s3a://b/x: give a folder of this machine, or add --engine sp"
    ):
        build_sql(Remote("s3a://b/x"), tmp_path / "w.duckdb")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("data/x", Path("data/x")),
        ("file:///a/b%20c", Path("/a/b c")),
        ("s3a://b/x", Remote("s3a://b/x")),
        ("c:x", Path("c:x")),
    ],
)
def test_what_a_person_names_is_a_path_or_a_url(given: str, expected: Path | Remote) -> None:
    assert located(given) == expected


def test_names_in_a_remote_folder() -> None:
    assert (Remote("s3a://b/x/") / "y.parquet").url == "s3a://b/x/y.parquet"
    assert Remote("s3a://b/x/").name == "x"
