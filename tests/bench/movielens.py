"""MovieLens 100k by the Cup's protocol: how good is each model on real people?

Films are tracks without albums, their directors artists, their classes genres; one to five stars are ratings 20
to 100, in the order of their time. Of each user with at least 20 ratings three films of four stars or more are
held out, and three films that the user did not rate are drawn by the law of such ratings: that is the test. Half
of the users have labels to train on, all are judged. Usage, with the folder of RecBole's copy of the data:

    python -m tests.bench.movielens FOLDER [--keep DIRECTORY] [--model NAME ...]

With ``--model`` only these models are built. Prints the accuracy of each with its 95 % interval (users resampled)
and that of the difference to the best.
"""

from __future__ import annotations

import argparse
import csv
import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import recsys
from recsys.backends.duckdb.connection import reading
from recsys.evaluation.statistics import bootstrap
from tests.bench.reranking import hits

SEED = 2011
FEWEST_RATINGS = 20
HELD_OUT = 3
LIKED_STARS = 4
POINTS_PER_STAR = 20
DIRECTED_BY = "film.film.directed_by"
FIRST_GENRE, FIRST_DIRECTOR = 10_000, 20_000


@dataclass(frozen=True)
class Rating:
    user: int
    film: int
    stars: int
    time: float


@dataclass(frozen=True)
class Films:
    """What is known of each film, its genres and its first director, in one namespace of ids."""

    genres: Mapping[int, Sequence[int]]
    director: Mapping[int, int]


def records(path: Path) -> Iterator[dict[str, str]]:
    """The rows of an atomic file by the names of its columns, without their types."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        names = [name.split(":")[0] for name in next(rows)]
        for row in rows:
            yield dict(zip(names, row, strict=True))


def read_ratings(folder: Path) -> list[Rating]:
    """All ratings, each user's in the order of their time."""
    found = [
        Rating(int(row["user_id"]), int(row["item_id"]), int(float(row["rating"])), float(row["timestamp"]))
        for row in records(folder / "ml-100k.inter")
    ]
    return sorted(found, key=lambda rating: (rating.user, rating.time))


def read_films(folder: Path) -> Films:
    classes = {int(row["item_id"]): row["class"].split() for row in records(folder / "ml-100k.item")}
    names = sorted({name for listed in classes.values() for name in listed})
    genre = {name: FIRST_GENRE + place for place, name in enumerate(names)}
    film_of = {row["entity_id"]: int(row["item_id"]) for row in records(folder / "ml-100k.link")}
    directed = sorted(
        (film_of[row["head_id"]], row["tail_id"])
        for row in records(folder / "ml-100k.kg")
        if row["relation_id"] == DIRECTED_BY and row["head_id"] in film_of
    )
    people = sorted({person for _, person in directed})
    number = {person: FIRST_DIRECTOR + place for place, person in enumerate(people)}
    first = {film: number[person] for film, person in reversed(directed)}
    return Films({film: [genre[name] for name in listed] for film, listed in classes.items()}, first)


@dataclass(frozen=True)
class Test:
    """Films of one user: those that the user likes are no rating any more."""

    user: int
    liked: Sequence[int]
    unliked: Sequence[int]


def hold_out(ratings: Sequence[Rating], draw: random.Random) -> list[Test]:
    """The Cup's protocol, for each user who has enough ratings and likes."""
    likes = [rating.film for rating in ratings if rating.stars >= LIKED_STARS]
    histories: dict[int, list[Rating]] = {}
    for rating in ratings:
        histories.setdefault(rating.user, []).append(rating)
    return [
        test
        for user, history in sorted(histories.items())
        if len(history) >= FEWEST_RATINGS and (test := _test(user, history, likes, draw))
    ]


def _test(user: int, history: Sequence[Rating], likes: Sequence[int], draw: random.Random) -> Test | None:
    own = [rating.film for rating in history if rating.stars >= LIKED_STARS]
    rated = {rating.film for rating in history}
    if len(own) < HELD_OUT or len(set(likes) - rated) < HELD_OUT:
        return None
    unliked: set[int] = set()
    while len(unliked) < HELD_OUT:
        film = draw.choice(likes)
        unliked |= {film} - rated
    return Test(user, draw.sample(own, HELD_OUT), sorted(unliked))


def write(folder: Path, ratings: Sequence[Rating], films: Films, tests: Sequence[Test]) -> None:
    """The data directory."""
    folder.mkdir(parents=True, exist_ok=True)
    genres = sorted({genre for listed in films.genres.values() for genre in listed})
    held_out = {(test.user, film) for test in tests for film in test.liked}
    _write(folder / "genreData2.txt", genres)
    _write(folder / "artistData2.txt", sorted(set(films.director.values())))
    _write(folder / "albumData2.txt", [])
    _write(
        folder / "trackData2.txt",
        [
            "|".join(map(str, [film, "None", films.director.get(film), *films.genres[film]]))
            for film in sorted(films.genres)
        ],
    )
    _write(folder / "trainItem2.txt", _histories([r for r in ratings if (r.user, r.film) not in held_out]))
    labels = [[f"{test.user}|{film}|{label}" for film, label in _mixed(test)] for test in tests]
    _write(folder / "testItem2.txt", [line for test in tests for line in _asked(test)])
    _write(folder / "truth2.txt", [line for lines in labels for line in lines])
    _write(folder / "test2_new.txt", [line for lines in labels[::2] for line in lines])


def _histories(ratings: Sequence[Rating]) -> Iterator[str]:
    by_user: dict[int, list[str]] = {}
    for rating in ratings:
        by_user.setdefault(rating.user, []).append(f"{rating.film}\t{rating.stars * POINTS_PER_STAR}")
    for user, lines in by_user.items():
        yield f"{user}|{len(lines)}"
        yield from lines


def _mixed(test: Test) -> list[tuple[int, int]]:
    """Films and labels in the order of the films' ids, which says nothing."""
    return sorted([*((film, 1) for film in test.liked), *((film, 0) for film in test.unliked)])


def _asked(test: Test) -> Iterator[str]:
    yield f"{test.user}|{2 * HELD_OUT}"
    yield from (str(film) for film, _ in _mixed(test))


def _write(path: Path, lines: Any) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def report(warehouse: Path) -> None:
    """Print the accuracy of every model that was built, the best first."""
    with reading(warehouse) as connection:
        query = "select table_name from information_schema.tables where table_schema = 'scores' order by 1"
        models = [name for (name,) in connection.execute(query).fetchall()]
        rows = [row for model in models for row in hits(connection, model, f"scores.{model}")]
    resamples = bootstrap(rows)
    accuracy = {
        model: sum(row["correct"] for row in rows if row["model"] == model)
        / sum(row["judged"] for row in rows if row["model"] == model)
        for model in models
    }
    best = max(models, key=lambda model: accuracy[model])
    for model in sorted(models, key=lambda model: -accuracy[model]):
        (low, high), (below, above) = resamples.interval(model), resamples.lift_interval(model, best)
        print(
            f"{model:24s} {accuracy[model]:.4f}  {low:.4f}..{high:.4f}  {below:+.4f}..{above:+.4f} to {best}"
        )


def prepare(folder: Path, directory: Path) -> list[Test]:
    """The data directory of RecBole's copy, and who is tested on what."""
    ratings = read_ratings(folder)
    tests = hold_out(ratings, random.Random(SEED))
    write(directory, ratings, read_films(folder), tests)
    return tests


def main(folder: Path, directory: Path, models: Sequence[str]) -> None:
    tests = prepare(folder, directory / "data")
    warehouse = directory / "movielens.duckdb"
    needed = ("+staging.truth", *(f"+scores.{model}" for model in models)) if models else ()
    recsys.build(directory / "data", warehouse, select=needed).close()
    print(f"{len(tests)} users, {2 * HELD_OUT * len(tests)} candidates")
    report(warehouse)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--keep", type=Path, help="where data and warehouse are kept")
    parser.add_argument("--model", action="append", default=[], help="only these models")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        main(given.folder, given.keep or Path(scratch), given.model)
