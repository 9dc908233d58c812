"""A planted world: two kinds of users, two kinds of artists, and candidates whose label anybody can tell."""

from __future__ import annotations

import random

KINDS = 2
USERS = 48
ARTISTS_OF_KIND = 4
ALBUMS_OF_ARTIST = 3
TRACKS_OF_ALBUM = 3

GENRES = [9000, 9001]


def artists(kind: int) -> list[int]:
    return [8000 + 100 * kind + number for number in range(ARTISTS_OF_KIND)]


def albums(artist: int) -> list[int]:
    return [(artist - 8000) * 10 + 5000 + number for number in range(ALBUMS_OF_ARTIST)]


def tracks(album: int) -> list[int]:
    return [(album - 5000) * 10 + 100000 + number for number in range(TRACKS_OF_ALBUM)]


def planted(seed: int = 7) -> dict[str, str]:
    """The files of a data directory: users rate their kind's music 80 to 100 and a little of the other's 0.

    Candidates are three albums' tracks of each kind, on albums that the user has not touched; the first half
    of the users has labels in ``test2_new.txt``, all have them in ``truth2.txt``.
    """
    rng = random.Random(seed)
    users = [_user(rng, number, number % KINDS) for number in range(1, USERS + 1)]
    labels = ["".join(f"{user}|{track}|{label}\n" for track, label in test) for user, _, test in users]
    return {
        **_taxonomy(),
        "trainItem2.txt": "".join(
            f"{user}|{len(ratings)}\n" + "".join(f"{item}\t{rating}\n" for item, rating in ratings)
            for user, ratings, _ in users
        ),
        "testItem2.txt": "".join(
            f"{user}|{len(test)}\n" + "".join(f"{track}\n" for track, _ in test) for user, _, test in users
        ),
        "test2_new.txt": "".join(labels[: USERS // 2]),
        "truth2.txt": "".join(labels),
    }


def flipped(labels: str, users: set[int] | None = None) -> str:
    """The labels of some users (None: of all) turned round."""
    lines = [line.split("|") for line in labels.splitlines()]
    return "".join(
        f"{user}|{track}|{1 - int(label) if users is None or int(user) in users else label}\n"
        for user, track, label in lines
    )


def _user(
    rng: random.Random, user: int, kind: int
) -> tuple[int, list[tuple[int, int]], list[tuple[int, int]]]:
    """A user's id, ratings (item, rating) and candidates (track, label)."""
    liked, other = artists(kind), artists(1 - kind)
    rng.shuffle(liked)
    rng.shuffle(other)
    untouched = [rng.choice(albums(artist)) for artist in liked[:3]]
    known = [album for artist in liked for album in albums(artist) if album not in untouched]
    items = [*liked, *known, *(rng.choice(tracks(album)) for album in known), GENRES[kind]]
    ratings = [(item, rng.choice([80, 90, 100])) for item in items]
    ratings += [(item, 0) for item in (other[3], *albums(other[3])[:1], GENRES[1 - kind])]
    test = [(rng.choice(tracks(album)), 1) for album in untouched]
    test += [(rng.choice(tracks(rng.choice(albums(artist)))), 0) for artist in other[:3]]
    rng.shuffle(test)
    return user, ratings, test


def _taxonomy() -> dict[str, str]:
    placed = [
        (kind, artist, album) for kind in range(KINDS) for artist in artists(kind) for album in albums(artist)
    ]
    return {
        "trackData2.txt": "".join(
            f"{track}|{album}|{artist}|{GENRES[kind]}\n"
            for kind, artist, album in placed
            for track in tracks(album)
        ),
        "albumData2.txt": "".join(f"{album}|{artist}|{GENRES[kind]}\n" for kind, artist, album in placed),
        "artistData2.txt": "".join(f"{artist}\n" for kind in range(KINDS) for artist in artists(kind)),
        "genreData2.txt": "".join(f"{genre}\n" for genre in GENRES),
    }
