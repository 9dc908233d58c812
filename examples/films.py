"""Writes ratings.csv and movies.csv, made up, in the form of MovieLens: `python films.py`.

Six hundred people rate eight hundred films from half a star to five. Everybody has two favourite genres, and
sees the films of a season one after the other, so that there is something to be learned.
"""

from __future__ import annotations

import csv
import random
from pathlib import Path

GENRES = [
    "Action",
    "Comedy",
    "Crime",
    "Drama",
    "Fantasy",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Western",
]
FIRST = ["Silent", "Last", "Crimson", "Hidden", "Broken", "Golden", "Distant", "Burning", "Second", "Lonely"]
SECOND = ["Harbor", "Letter", "Garden", "Witness", "Summer", "Bridge", "Promise", "Station", "Mirror", "Road"]
PEOPLE, FILMS, SEASONS = 600, 800, 40


def films(draw: random.Random) -> list[tuple[int, str, str]]:
    """Id, title and genres, by id."""
    rows = []
    for number in range(1, FILMS + 1):
        title = f"The {draw.choice(FIRST)} {draw.choice(SECOND)} ({draw.randint(1950, 2019)})"
        rows.append((number, title, "|".join(sorted(draw.sample(GENRES, draw.choice([1, 2, 2, 3]))))))
    return rows


def ratings(draw: random.Random, listed: list[tuple[int, str, str]]) -> list[tuple[int, int, float, int]]:
    """User, film, stars and time, by user and time."""
    fame = {film: draw.paretovariate(1.2) for film, _, _ in listed}
    quality = {film: draw.gauss(0, 0.4) for film, _, _ in listed}
    seasons = [[row for row in listed if row[0] % SEASONS == season] for season in range(SEASONS)]
    rows = []
    for person in range(1, PEOPLE + 1):
        favourites, mood = draw.sample(GENRES, 2), draw.gauss(0, 0.3)
        time = draw.randint(946_684_800, 1_500_000_000)
        for season in draw.sample(seasons, draw.randint(3, 12)):
            weights = [
                fame[film] * (4 if any(g in kinds for g in favourites) else 1) for film, _, kinds in season
            ]
            seen = dict.fromkeys(row[0] for row in draw.choices(season, weights, k=14))
            for film in seen:
                liked = any(genre in listed[film - 1][2] for genre in favourites)
                stars = 2.6 + 1.4 * liked + mood + quality[film] + draw.gauss(0, 0.5)
                time += draw.randint(30, 90_000)
                rows.append((person, film, min(5.0, max(0.5, round(2 * stars) / 2)), time))
    return rows


def write(name: str, header: str, rows: list[tuple]) -> None:
    with Path(name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header.split(","), *rows])
    print(f"{name}: {len(rows):,} rows")


if __name__ == "__main__":
    chance = random.Random(5)
    catalogue = films(chance)
    write("movies.csv", "movieId,title,genres", catalogue)
    write("ratings.csv", "userId,movieId,rating,timestamp", ratings(chance, catalogue))
