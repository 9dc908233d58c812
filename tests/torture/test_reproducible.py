"""The same data gives the same content in every relation, whatever else differs."""

from __future__ import annotations

import pytest

from recsys import synthetic
from recsys.engine import manifest
from tests.torture.programs import command, run


def digests(warehouse) -> dict[str, tuple[int, str]]:
    return {name: (made.row_count, made.digest) for name, made in manifest.read(warehouse).items()}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    directory = tmp_path_factory.mktemp("twin") / "data"
    synthetic.generate(directory, "tiny", 3)
    return directory


def test_builds_of_the_same_data_have_the_same_digests(data, tmp_path):
    """Other threads, other memory, another hash seed, another time zone, another locale."""
    differing = {
        "one": (("--threads", 1, "--memory", "1GB"), {"PYTHONHASHSEED": "0", "TZ": "UTC"}),
        "two": (
            ("--threads", 2, "--memory", "300MB"),
            {"PYTHONHASHSEED": "4242", "TZ": "Pacific/Chatham", "LC_ALL": "tr_TR.UTF-8"},
        ),
    }
    found = {}
    for name, (options, environment) in differing.items():
        warehouse = tmp_path / f"{name}.duckdb"
        words = ("build", "--sql-only", "--data", data, "--warehouse", warehouse, *options)
        done = run(command(*words), **environment)
        assert done.returncode == 0, done.stderr
        found[name] = digests(warehouse)
    assert len(found["one"]) > 50
    assert found["one"] == found["two"]
    assert sum(1 for rows, digest in found["one"].values() if rows and digest) > 30
