"""Schedules of builds: daily, or by the share of interactions that no build has learned from."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from recsys.errors import UsageError


@dataclass(frozen=True)
class Schedule:
    """Say when to build: daily at a time of this machine, or beyond a share of interactions not learned from.

    Parameters
    ----------
    minutes : int, optional
        Minutes after midnight.
    share : float, optional
        Share 0..1.
    """

    minutes: int | None = None
    share: float | None = None

    @classmethod
    def parse(cls, text: str) -> Schedule:
        """Return the schedule of ``daily HH:MM`` or ``N%``; raise UsageError for other texts."""
        with contextlib.suppress(ValueError):
            words = text.split()
            if len(words) == 2 and words[0].lower() == "daily":
                moment = datetime.strptime(words[1], "%H:%M")
                return cls(minutes=moment.hour * 60 + moment.minute)
            if text.strip().endswith("%"):
                share = float(text.strip()[:-1]) / 100
                if 0 < share < 1:
                    return cls(share=share)
        raise UsageError(f"--rebuild {text!r}: expected a time such as 'daily 03:00', or a share such as 10%")

    def last(self, now: float) -> float:
        """Return the latest moment before ``now``, in seconds since 1970, at which a build was to begin."""
        assert self.minutes is not None
        moment = datetime.fromtimestamp(now).replace(second=0, microsecond=0)
        moment = moment.replace(hour=self.minutes // 60, minute=self.minutes % 60)
        return (moment if moment.timestamp() <= now else moment - timedelta(days=1)).timestamp()
