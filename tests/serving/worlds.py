"""A small world of users and albums, in the Cup's format, for tests of lists."""

from __future__ import annotations

import random

TRACKS, ALBUMS, USERS = range(1, 61), range(100, 115), range(1, 31)


def files(seed: int = 5) -> dict[str, str]:
    """Users who each like three albums, and hear their tracks one after the other."""
    rng = random.Random(seed)
    train, test = [], []
    for user in USERS:
        albums = rng.sample(ALBUMS, 3)
        items = [track for album in albums for track in TRACKS if 100 + (track - 1) // 4 == album][:10]
        rows = [(item, rng.choice([30, 70, 90, 100])) for item in [*albums, *items, 300 + user % 2]]
        train.append(f"{user}|{len(rows)}\n" + "".join(f"{item}\t{rating}\n" for item, rating in rows))
        left = rng.sample([track for track in TRACKS if track not in items], 4)
        test.append(f"{user}|4\n" + "".join(f"{track}\n" for track in left))
    return {
        "trackData2.txt": "".join(f"{t}|{100 + (t - 1) // 4}|{200 + t % 5}|{300 + t % 3}\n" for t in TRACKS),
        "albumData2.txt": "".join(f"{album}|{200 + album % 5}\n" for album in ALBUMS),
        "artistData2.txt": "".join(f"{200 + artist}\n" for artist in range(5)),
        "genreData2.txt": "300\n301\n302\n",
        "trainItem2.txt": "".join(train),
        "testItem2.txt": "".join(test),
    }
