"""Compiles loops once a machine rather than once a process, where there is a place to keep them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(loop: Callable[..., Any]) -> Callable[..., Any]:
    """The loop as machine code that runs without the interpreter's lock, and whose sums may be regrouped.

    The code is kept beside the module, or in the user's cache where that cannot be written; where neither
    can, each process compiles it anew.
    """
    # Python's error model asks at each division whether it is by zero: no room for vector instructions.
    options = {"nogil": True, "fastmath": True, "error_model": "numpy"}
    try:
        return njit(cache=True, **options)(loop)
    except RuntimeError:  # no place for a cache
        return njit(**options)(loop)
