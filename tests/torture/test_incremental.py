"""An incremental build gives what a build from scratch gives, and runs what it must and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recsys.engine import manifest
from tests.torture.edits import INPUTS, MODELS, PARAMETERS, Bench

EXAMPLES = 5
STEPS = st.one_of(
    st.tuples(st.just("edit_model"), st.sampled_from([name.replace("/", ".") for name in MODELS])),
    st.tuples(st.just("set_parameter"), st.sampled_from(PARAMETERS)),
    st.tuples(st.just("edit_input"), st.sampled_from(list(INPUTS))),
)
ROUNDS = st.lists(st.lists(STEPS, max_size=2), min_size=1, max_size=3)


def digests(warehouse: Path) -> dict[str, tuple[int, str, str]]:
    records = manifest.read(warehouse)
    return {name: (made.row_count, made.digest, made.fingerprint.digest) for name, made in records.items()}


def check_rounds(base: Path, rounds: list[list[tuple[str, str]]]) -> None:
    """Edit and build, round by round; each build is compared with the expectation and with one from scratch."""
    with TemporaryDirectory(dir=base) as folder:
        bench = Bench(Path(folder))
        warehouse = Path(shutil.copy(base / "w.duckdb", folder))
        for number, steps in enumerate(rounds):
            expected = {model for method, name in steps for model in getattr(bench, method)(name)}
            assert bench.build(warehouse) == bench.lasting(expected)
            fresh = Path(folder) / f"fresh{number}.duckdb"
            bench.build(fresh)
            assert digests(warehouse) == digests(fresh)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A folder with a warehouse of the project as it is."""
    folder = tmp_path_factory.mktemp("base")
    Bench(folder / "bench").build(folder / "w.duckdb")
    return folder


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(rounds=ROUNDS)
def test_an_incremental_build_equals_one_from_scratch(base, rounds):
    check_rounds(base, rounds)
