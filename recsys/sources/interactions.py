"""The meaning of the values of a data set: kind of feedback, scale, and words."""

from __future__ import annotations

import math
from dataclasses import dataclass

from recsys.errors import UsageError

VERBS = {
    "played": ("track", "song", "artist", "album", "game", "piece"),
    "watched": ("film", "movie", "video", "show", "series", "episode", "anime"),
    "read": ("book", "article", "page", "paper", "story", "news"),
    "bought": ("product", "good", "sku", "purchase"),
    "visited": ("place", "restaurant", "venue", "business"),
}
OTHER_VERB = "chosen"
TICKS = (4, 5, 3, 2)  # steps between the marks of a scale, the preferred number first
WIDE_SCALE = 50  # means on a scale of so many points need one decimal


def plural_of(noun: str) -> str:
    """Return the plural of a noun by the rules of spelling."""
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun if noun.endswith("series") else f"{noun}es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}s"


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: 1 rating, 2,000 ratings."""
    return f"{count:,} {noun if count == 1 else plural_of(noun)}"


def verb(noun: str) -> str:
    """Return the verb for an interaction with an item of this noun: bought for product."""
    return next((verb for verb, nouns in VERBS.items() if noun.casefold() in nouns), OTHER_VERB)


def number(value: float) -> str:
    """Return a number as a person writes it: 4, 4.5, 1,234."""
    if not math.isfinite(value) or abs(value) >= 1e15:
        return f"{value:g}"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}".rstrip("0")


def of_hundred(rating: float, scale: tuple[float, float]) -> int:
    """Return a rating on the scale 0..100, with the formula of ``importing/sql/rating.sql``."""
    low, high = scale
    return math.floor(100 * (rating - low) / (high - low) + 0.5) if high > low else 100


def of_count(count: float, top_count: float) -> int:
    """Return a count on the log scale 1..100, with the formula of ``importing/sql/rating.sql``."""
    if top_count <= 0:
        return 100
    return max(1, min(100, math.floor(100 * math.log1p(count) / math.log1p(top_count) + 0.5)))


@dataclass(frozen=True)
class Interactions:
    """Describe the kind of feedback of a data set, with the scale and the words of its owner.

    Attributes
    ----------
    feedback
        ``"ratings"``, ``"likes"``, ``"counts"`` or ``"events"``.
    scale_low, scale_high
        Bounds of ratings.
    liked
        Value from which on a row is a like.
    top_count
        Count that becomes the rating 100.
    noun
        What an item is called.
    """

    feedback: str = "ratings"
    scale_low: float = 0.0
    scale_high: float = 100.0
    liked: float = 80.0
    top_count: float = 0.0
    noun: str = "track"

    @property
    def scale(self) -> tuple[float, float]:
        """Return the bounds of ratings."""
        return self.scale_low, self.scale_high

    @property
    def expected(self) -> str:
        """Return a value in words."""
        if self.feedback == "ratings":
            return f"a rating from {number(self.scale_low)} to {number(self.scale_high)}"
        return "a number of 0 or more"

    def holds(self, value: float) -> bool:
        """Return whether a number is a value of this data set."""
        low, high = self.scale if self.feedback == "ratings" else (0.0, math.inf)
        return math.isfinite(value) and low <= value <= high

    def checked(self, value: float, where: str) -> float:
        """Return a value; UsageError, which names the place, for a number that is none."""
        if not self.holds(value):
            raise UsageError(f"{where}: give {self.expected}")
        return value

    def rating(self, value: float) -> int:
        """Return a value as a rating 0..100."""
        if self.feedback == "likes":
            return 100
        if self.feedback == "ratings":
            return of_hundred(value, self.scale)
        return of_count(value, self.top_count)

    def position(self, value: float) -> float:
        """Return where a value is on the scale 0..100, unrounded: the place of a mark in a drawing."""
        if self.feedback == "likes":
            return 100 * value
        if self.feedback == "ratings":
            low, high = self.scale
            return 100 * (value - low) / (high - low) if high > low else 100.0
        return (
            min(100.0, 100 * math.log1p(value) / math.log1p(self.top_count)) if self.top_count > 0 else 100.0
        )

    def value(self, position: float) -> float:
        """Return the value at a position of the scale 0..100, the inverse of `position`."""
        if self.has_log_scale:
            return math.expm1(position / 100 * math.log1p(self.top_count))
        return self.score(position)

    def score(self, score: float) -> float:
        """Return a mean of ratings 0..100 on the owner's scale; unchanged for counts (log scale)."""
        if self.feedback == "likes":
            return score / 100
        if self.feedback == "ratings" and self.scale != (0.0, 100.0):
            low, high = self.scale
            return low + (high - low) * score / 100
        return score

    @property
    def has_log_scale(self) -> bool:
        """Return whether ratings 0..100 are logarithms of the owner's values."""
        return self.feedback in ("counts", "events")

    @property
    def decimals(self) -> int:
        """Return the number of decimals that a mean of ratings is written with."""
        low, high = self.scale
        return 1 if self.has_log_scale or high - low >= WIDE_SCALE else 2

    @property
    def ticks(self) -> list[str]:
        """Return values at equal steps of the scale, whole or half ones if any fit."""
        if self.has_log_scale:
            return [number(round(self.value(position))) for position in (0, 25, 50, 75, 100)]
        low, high = self.value(0), self.value(100)
        for steps in TICKS:
            values = [low + (high - low) * step / steps for step in range(steps + 1)]
            if all(abs(2 * value - round(2 * value)) < 1e-9 for value in values):
                return [number(round(2 * value) / 2) for value in values]
        return [number(low), number(high)]

    @property
    def high(self) -> float:
        """Return the position on the scale 0..100 of the lowest like."""
        return self.position(self.liked) - 1e-9

    def is_like(self, value: float) -> bool:
        """Return whether a value is a like."""
        return value >= self.liked

    def words(self, value: float) -> str:
        """Return a value as its owner says it: 4 of 5, played 37 times, bought."""
        if self.feedback == "ratings":
            low = f" (from {number(self.scale_low)})" if self.scale_low < 0 else ""
            return f"{number(value)} of {number(self.scale_high)}{low}"
        if self.feedback == "likes":
            return verb(self.noun)
        return f"{verb(self.noun)} {number(value)} time{'' if value == 1 else 's'}"
