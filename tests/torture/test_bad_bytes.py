"""A fuzzer over the text formats: accepted with exactly the rows that a file states, or refused by line."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from tests.torture.bad_bytes import READERS, Ingestion
from tests.torture.mutations import damaged

LONGEST = 1 << 20
EXAMPLES = 90  # of each of the files; `python -m tests.torture` has more


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_read_as_it_states_or_refused_by_line(tmp_path_factory, name):
    ingestion = Ingestion(tmp_path_factory.mktemp("fuzz"), name)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(content=damaged(name))
    def attack(content):
        ingestion.check(content)

    try:
        attack()
    finally:
        ingestion.close()
    assert min(ingestion.verdicts["accepted"], ingestion.verdicts["refused"]) > 2, ingestion.verdicts


@pytest.mark.parametrize("length", [LONGEST - 1, LONGEST, LONGEST + 1, 40 * LONGEST])
@pytest.mark.parametrize("end", [b"", b"\n", b"\n11|None\n"], ids=["open", "last", "middle"])
def test_a_line_of_any_length_is_read_or_refused(tmp_path, length, end):
    """The engine drops a line that is longer than its buffer without a word."""
    ingestion = Ingestion(tmp_path, "albumData2.txt")
    try:
        ingestion.check(b"10|20|30\n" + _of_length(length) + end)
    finally:
        ingestion.close()


def _of_length(length: int) -> bytes:
    """An album of so many bytes: a short id or a longer one makes up what a genre does not."""
    genres, rest = divmod(length - len(b"13|None"), 3)
    return b"13" + b"7" * rest + b"|None" + b"|30" * genres
