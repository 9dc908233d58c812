"""The words of a data set: what its items are called, and what its values mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from recsys.sources.interactions import Interactions, plural_of, verb

TRACK = "track"  # the type of an item that lists recommend, whatever the owner calls it


@dataclass(frozen=True)
class Words:
    """Name items as the owner of the data does.

    Attributes
    ----------
    values
        The kind of feedback, the scale and the noun of the data.
    types
        The types of items in the data: ``track``, ``album``, ``artist`` or ``genre``.
    """

    values: Interactions = field(default_factory=lambda: Interactions(noun="item"))
    types: Sequence[str] = (TRACK,)

    @property
    def noun(self) -> str:
        """Return the noun for an item."""
        return self.values.noun

    @property
    def many(self) -> str:
        """Return the noun for several items."""
        return plural_of(self.noun)

    @property
    def kinds(self) -> list[str]:
        """Return the nouns for the items of each type."""
        return [self.kind(item_type) for item_type in self.types]

    def kind(self, item_type: str) -> str:
        """Return the noun for an item of a type."""
        return self.noun if item_type == TRACK else item_type

    @property
    def verb(self) -> str:
        """Return the verb for an interaction with an item."""
        return "rated" if self.values.feedback == "ratings" else verb(self.noun)

    @property
    def interaction(self) -> str:
        """Return the noun for a row of the history."""
        return "rating" if self.values.feedback == "ratings" else "interaction"
