"""Compile loops with numba, and cache the machine code."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

IS_COMPILED = find_spec("numba") is not None  # an installation without the extra for learners has none


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
    if not IS_COMPILED:
        return loop
    from numba import njit  # takes half a second: modules of kernels are imported where they are called

    # Python's error model checks each division for zero, which prevents vector instructions.
    options = {"nogil": True, "fastmath": True, "error_model": "numpy"}
    try:
        return njit(cache=True, **options)(loop)
    except RuntimeError:  # no writable cache
        return njit(**options)(loop)
