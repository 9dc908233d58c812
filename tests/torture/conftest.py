"""What several attacks start from."""

from __future__ import annotations

import pytest

from tests.torture.programs import World


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """Two data directories and their warehouses; an attack works on a copy."""
    return World.create(tmp_path_factory.mktemp("world"))
