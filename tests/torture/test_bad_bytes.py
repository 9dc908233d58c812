"""A fuzzer over the text formats: accepted with exactly the rows that a file states, or refused by line."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from tests.torture.bad_bytes import READERS, Ingestion
from tests.torture.mutations import damaged

EXAMPLES = 125  # of each of the eight files


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
    assert min(ingestion.verdicts["accepted"], ingestion.verdicts["refused"]) > 5, ingestion.verdicts
