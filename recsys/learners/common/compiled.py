"""Compile loops with numba, and cache the machine code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

try:
    from numba import njit
except ImportError:  # an installation without the extra for learners
    njit = None

IS_COMPILED = njit is not None


def compiled(loop: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a loop to machine code that releases the interpreter's lock and may regroup sums.

    The code is cached next to the module, or in the user's cache if that is not writable. If neither is
    writable, each process compiles it again.

    Parameters
    ----------
    loop : callable
        A function that numba can compile.

    Returns
    -------
    callable
        The loop itself, interpreted, where numba is not installed.
    """
    if njit is None:
        return loop
    # Python's error model checks each division for zero, which prevents vector instructions.
    options = {"nogil": True, "fastmath": True, "error_model": "numpy"}
    try:
        return njit(cache=True, **options)(loop)
    except RuntimeError:  # no writable cache
        return njit(**options)(loop)
