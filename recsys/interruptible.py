"""Run a function in a thread, so that signals reach the thread that waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")


def run_in_thread(
    work: Callable[[], Result],
    poll: Callable[[], object],
    interrupt: Callable[[], object],
    *,
    interval: float = 0.1,
    patience: float | None = 5.0,
) -> Result:
    """Return the result of a function that runs in a thread of its own, or raise its error.

    Parameters
    ----------
    work : callable
        The function, such as a query of DuckDB, which no signal interrupts.
    poll : callable
        Called again and again while ``work`` runs; it may raise.
    interrupt : callable
        Called to end ``work`` early, on a signal or an error of ``poll``.
    interval : float, default 0.1
        Seconds between two polls.
    patience : float, optional, default 5
        Seconds to wait for the end of ``work`` after ``interrupt``. None waits until it ends.
    """
    outcome: dict[str, Any] = {}
    finished = threading.Event()

    def body() -> None:
        try:
            outcome["result"] = work()
        except BaseException as error:
            outcome["error"] = error
        finally:
            finished.set()

    try:
        threading.Thread(target=body, daemon=True).start()
        while not finished.wait(interval):
            poll()
    except BaseException:
        interrupt()
        finished.wait(patience)
        raise
    if "error" in outcome:
        raise outcome["error"]
    result: Result = outcome["result"]
    return result
