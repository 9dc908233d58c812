"""One thread for NumPy's linear algebra: inside the block alone, and for libraries that are loaded later."""

from __future__ import annotations

import sys
from types import ModuleType

from threadpoolctl import ThreadpoolController

from recsys.learners.common import blas


def threads() -> list[int]:
    found = ThreadpoolController().select(user_api="blas").info()
    return [library["num_threads"] for library in found]


def test_the_limit_ends_with_the_block():
    before = threads()
    with blas.one_thread():
        assert set(threads()) == {1}
    assert threads() == before


def test_libraries_are_looked_for_again_after_an_import(monkeypatch):
    first, same = blas._libraries(len(sys.modules)), blas._libraries(len(sys.modules))
    assert first is same
    monkeypatch.setitem(sys.modules, "a_module_that_was_not_there", ModuleType("x"))
    assert blas._libraries(len(sys.modules)) is not first
