"""Keep NumPy's linear algebra on one thread, where results must not depend on their number."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from functools import lru_cache

from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[object]:
    """Limit BLAS to one thread for the length of a ``with`` block."""
    limits: AbstractContextManager[object] = _libraries(len(sys.modules)).limit(limits=1, user_api="blas")
    return limits


@lru_cache(maxsize=1)
def _libraries(module_count: int) -> ThreadpoolController:
    """Find the libraries that are loaded, which takes milliseconds; new modules may have loaded others."""
    return ThreadpoolController()
