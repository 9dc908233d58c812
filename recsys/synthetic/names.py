"""Invent names for artists, albums, tracks and genres.

Names of a type are distinct, and the types have different patterns, so that a name identifies one item.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recsys.synthetic.ragged import IntArray
from recsys.synthetic.taxonomy import Catalogue

WORDS: dict[str, list[str]] = tomllib.loads(
    Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
)


@dataclass(frozen=True)
class Pattern:
    """Hold a form of names: a text with one ``{}`` for each list of words, and its share of all names."""

    share: float
    text: str
    lists: tuple[str, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Return the number of words of each list."""
        return tuple(len(WORDS[name]) for name in self.lists)

    def sample(self, count: int, rng: np.random.Generator) -> list[str]:
        """Return ``count`` different names."""
        drawn = rng.choice(int(np.prod(self.sizes)), count, replace=False)
        columns = [
            [WORDS[name][place] for place in index.tolist()]
            for name, index in zip(self.lists, np.unravel_index(drawn, self.sizes), strict=True)
        ]
        return [self.text.format(*parts) for parts in zip(*columns, strict=True)]


ARTISTS = (
    Pattern(0.25, "The {} {}", ("adjectives", "plurals")),
    Pattern(0.15, "{} {}", ("materials", "places")),
    Pattern(0.08, "{} {}", ("family_names", "ensembles")),
    Pattern(1.0, "{} {}", ("first_names", "family_names")),
)
ALBUMS = (
    Pattern(0.03, "Live in {}", ("towns",)),
    Pattern(0.15, "{} and {}", ("plurals", "plurals")),
    Pattern(0.15, "Songs from a {} {}", ("adjectives", "rooms")),
    Pattern(0.2, "{} {}", ("colours", "times")),
    Pattern(1.0, "The {} of {} {}", ("ideas", "adjectives", "plurals")),
)
TRACKS = (
    Pattern(0.01, "{}", ("nouns",)),
    Pattern(0.12, "{} {}", ("adjectives", "nouns")),
    Pattern(0.16, "{} Me {}", ("verbs", "adverbs")),
    Pattern(0.16, "{} in the {}", ("nouns", "nouns")),
    Pattern(0.16, "{} in {}", ("times", "towns")),
    Pattern(0.2, "{} {} in {}", ("adjectives", "nouns", "towns")),
    Pattern(1.0, "{} the {} {}", ("verbs", "adjectives", "nouns")),
)


def of_items(catalogue: Catalogue, rng: np.random.Generator) -> tuple[IntArray, list[str]]:
    """Return the ids of all items, ascending, and their names."""
    ids = catalogue.ids
    names = [
        *_distinct(ARTISTS, len(ids.artists), rng),
        *_distinct(ALBUMS, len(ids.albums), rng),
        *_distinct(TRACKS, len(ids.tracks), rng),
        *_genres(catalogue),
    ]
    every = np.concatenate([ids.artists, ids.albums, ids.tracks, ids.genres])
    order = np.argsort(every)
    return every[order], [names[place] for place in order.tolist()]


def _distinct(patterns: Sequence[Pattern], count: int, rng: np.random.Generator) -> list[str]:
    """Return names in random order: each pattern's share, as far as it has so many; the last has the rest."""
    names: list[str] = []
    for pattern in patterns:
        wanted = min(round(pattern.share * count), count - len(names), int(np.prod(pattern.sizes)))
        names += pattern.sample(wanted, rng)
    return [names[place] for place in rng.permutation(len(names)).tolist()]


def _genres(catalogue: Catalogue) -> list[str]:
    """Return the genres' names: one style for each community, its popular genre without an adjective."""
    starts = catalogue.genres.starts
    return [
        f"{modifier} {style}".strip()
        for style, count in zip(WORDS["styles"], np.diff(starts).tolist(), strict=True)
        for modifier in ("", *WORDS["modifiers"])[:count]
    ]
