"""The plain Python twin against numbers worked out by hand, and the polars peer against the twin."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings

from tests import reference
from tests.bench import polars_peer
from tests.hierarchies import Form, datasets, forms, write
from tests.reference import Album, Dataset, Track

ALBUM, EMPTY_ALBUM, UNLISTED_ALBUM = 20, 21, 22
ARTIST, OTHER_ARTIST = 30, 31
ROCK, FOLK = 40, 41
FULL, BARE, ALONE, ORPHAN, UNLISTED = 1, 2, 3, 4, 5
NEWCOMER = 7


def example(ratings: dict[tuple[int, int], int], *candidates: tuple[int, int]) -> Dataset:
    """Five kinds of track: with everything, all from its album, without genres, with nothing, unlisted."""
    return Dataset(
        tracks={
            FULL: Track(ALBUM, ARTIST, (ROCK, FOLK, ROCK)),
            BARE: Track(ALBUM),
            ALONE: Track(EMPTY_ALBUM, OTHER_ARTIST),
            ORPHAN: Track(),
        },
        albums={ALBUM: Album(ARTIST, (FOLK,)), EMPTY_ALBUM: Album()},
        artists=[ARTIST, OTHER_ARTIST],
        genres=[ROCK, FOLK],
        ratings=ratings,
        candidates=candidates,
    )


def only_row(ratings: dict[tuple[int, int], int], candidate: tuple[int, int]) -> dict[str, Any]:
    """The features of one candidate at a confidence of 2, which keeps the arithmetic short."""
    return reference.features(example(ratings, candidate), confidence=2)[0]


@pytest.mark.parametrize(
    ("track", "expected"),
    [
        (FULL, (ALBUM, ARTIST, (ROCK, FOLK))),
        (BARE, (ALBUM, ARTIST, (FOLK,))),
        (ALONE, (EMPTY_ALBUM, OTHER_ARTIST, ())),
        (ORPHAN, (None, None, ())),
        (UNLISTED, (None, None, ())),
    ],
)
def test_gaps_of_a_track_are_filled_from_its_album(track: int, expected: tuple[Any, ...]) -> None:
    assert reference.lineage(example({}), track) == expected


def test_priors_shrink_to_the_mean_of_all_ratings() -> None:
    ratings = {(0, ALBUM): 90, (1, ALBUM): 70, (0, UNLISTED): 20, (1, ROCK): 20}
    evidence = reference.Evidence(example(ratings), confidence=reference.Fraction(2))
    assert evidence.overall == 50
    assert evidence.priors[ALBUM] == (2, 80, 65)  # (90 + 70 + 2 * 50) / (2 + 2)
    assert evidence.priors[ROCK] == (1, 20, 40)  # (20 + 2 * 50) / (1 + 2)
    assert FOLK not in evidence.priors


def test_own_ratings_come_first() -> None:
    row = only_row({(0, ALBUM): 90, (0, ARTIST): 70, (0, ROCK): 20, (0, FOLK): 60, (0, BARE): 10}, (0, FULL))
    assert (row["album_score"], row["album_source"], row["album_score_flat"]) == (90, "direct", 90)
    assert (row["artist_score"], row["artist_source"], row["artist_score_flat"]) == (70, "direct", 70)
    assert (row["sibling_mean"], row["sibling_count"]) == (10, 1)
    assert (row["genre_count"], row["genre_rated"], row["genre_direct"]) == (2, 2, 40)
    assert (row["genre_max"], row["genre_min"], row["genre_mean"], row["genre_var"]) == (60, 20, 40, 400)


def test_a_sibling_stands_for_the_album_but_not_in_the_flat_score() -> None:
    row = only_row({(0, BARE): 80, (1, ALBUM): 20, (0, FULL): 0, (1, BARE): 100}, (0, FULL))
    # The candidate itself is no sibling, and what others think of the sibling does not matter.
    assert (row["sibling_mean"], row["sibling_count"]) == (80, 1)
    assert (row["album_score"], row["album_source"]) == (80, "sibling")
    assert row["album_score_flat"] == 20


def test_priors_stand_for_what_the_user_did_not_rate() -> None:
    row = only_row({(1, ALBUM): 90, (1, ARTIST): 30, (1, ROCK): 60, (1, FULL): 20}, (0, FULL))
    assert (row["album_direct"], row["artist_direct"], row["genre_direct"]) == (None, None, None)
    # The overall mean is 50, so one rating r shrinks to (r + 100) / 3.
    assert (row["album_score"], row["album_source"]) == (pytest.approx(190 / 3), "prior")
    assert (row["artist_score"], row["artist_source"]) == (pytest.approx(130 / 3), "prior")
    assert (row["album_score_flat"], row["artist_score_flat"]) == (90, 30)
    assert (row["genre_max"], row["genre_min"]) == (pytest.approx(160 / 3), 50)
    assert (row["genre_max_flat"], row["genre_mean_flat"]) == (60, 55)
    assert row["genre_var"] == pytest.approx((5 / 3) ** 2)
    assert row["track_prior"] == 40


@pytest.mark.parametrize("track", [ORPHAN, UNLISTED])
def test_a_track_of_which_nothing_is_known_gets_the_overall_mean(track: int) -> None:
    row = only_row({(1, ALBUM): 90, (0, ROCK): 50}, (0, track))
    assert (row["album_source"], row["artist_source"]) == ("global", "global")
    assert {row[name] for name in row if name.endswith(("_flat", "score", "max", "min", "prior"))} == {70}
    assert (row["genre_count"], row["genre_rated"], row["genre_mean"], row["genre_var"]) == (0, 0, 70, 0)


def test_an_album_that_the_album_file_lacks_still_has_siblings_and_a_rating() -> None:
    data = example({(0, 8): 30, (1, UNLISTED_ALBUM): 60}, (0, 9), (1, 9))
    data = replace(data, tracks={8: Track(UNLISTED_ALBUM), 9: Track(UNLISTED_ALBUM)})
    sibling, direct = reference.features(data)
    assert (sibling["album_score"], sibling["album_source"]) == (30, "sibling")
    assert (direct["album_score"], direct["album_source"]) == (60, "direct")


def test_without_ratings_everything_is_the_middle_of_the_scale() -> None:
    data = example({}, (NEWCOMER, FULL), (NEWCOMER, ORPHAN))
    assert reference.scores(data) == {model: [50.0, 50.0] for model in polars_peer.models()}


def test_scores_weigh_the_levels() -> None:
    ratings = {(0, ALBUM): 100, (0, ARTIST): 50, (0, ROCK): 0, (0, FOLK): 40}
    scores = {model: column[0] for model, column in reference.scores(example(ratings, (0, FULL))).items()}
    assert scores == {
        "weighted_average": 61,  # .4 * 100 + .3 * 50 + .3 * 20
        "max_genre": 48,  # .7 * 40 + .2 * 50 + .1 * 100
        "weighted_average_bayes": 61,
        "max_genre_bayes": 48,
        "adaptive": 69,  # .5 * 100 + .3 * 50 + .2 * 20
    }


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        ({(0, BARE): 80}, 80),  # a sibling alone
        ({(0, ALBUM): 90, (0, ARTIST): 10}, 60),  # (.5 * 90 + .3 * 10) / .8
        ({(0, ARTIST): 10, (0, FOLK): 60}, 30),  # (.3 * 10 + .2 * 60) / .5
        ({(1, ALBUM): 80, (1, ARTIST): 40}, 61),  # all priors: .5 * 65 + .3 * 55 + .2 * 60
    ],
)
def test_adaptive_weighs_only_what_the_user_rated(ratings: Any, expected: float) -> None:
    confidence = 3
    assert reference.scores(example(ratings, (0, FULL)), confidence)["adaptive"] == [pytest.approx(expected)]


def test_ties_go_to_the_better_prior_then_the_lower_id() -> None:
    candidates = [(1, 9), (1, 8), (1, 7), (1, 6), (0, 9), (0, 3)]
    ranks = reference.ranks(candidates, [50, 50, 50, 60, 1, 2], [10, 10, 20, 0, 5, 5])
    assert ranks == [4, 3, 2, 1, 2, 1]
    assert reference.predicted(candidates, ranks) == [0, 0, 1, 1, 0, 1]


def test_accuracy_counts_labelled_candidates_alone() -> None:
    labels = {(1, 8): 1, (0, 3): 1, (0, 9): 1}
    assert reference.accuracy([(1, 9), (1, 8), (0, 9), (0, 3)], [1, 0, 0, 1], labels) == pytest.approx(1 / 3)


def test_written_files_follow_the_format(tmp_path: Path) -> None:
    data = example({(0, ALBUM): 90, (0, FULL): 70, (1, ROCK): 0}, (NEWCOMER, BARE), (NEWCOMER, UNLISTED))
    write(tmp_path, data, Form(carriage_returns=True, byte_order_mark=True, index_names=True))
    tracks = (tmp_path / "trackData2.txt").read_bytes()
    assert tracks.startswith(b"\xef\xbb\xbf1|20|30|40|41|40\r\n2|20|None\r\n")
    history = (tmp_path / "trainIdx2.txt").read_text("utf-8-sig")
    assert history.splitlines() == ["0|2", "20\t90", "1\t70", "1|1", "40\t0"]
    assert (tmp_path / "testIdx2.txt").read_text("utf-8-sig").splitlines() == ["7|2", "2", "5"]
    assert not (tmp_path / "truth2.txt").exists()


@pytest.mark.slow
@settings(max_examples=40, deadline=None, derandomize=True)
@given(data=datasets(), form=forms())
def test_the_polars_peer_computes_the_same(
    tmp_path_factory: pytest.TempPathFactory, data: Dataset, form: Form
) -> None:
    directory = tmp_path_factory.mktemp("data")
    write(directory, data, form)
    polars_peer.main(directory, directory)
    features = pl.read_parquet(directory / "features.parquet")
    assert_same_rows(features, reference.features(data))
    predictions = pl.read_parquet(directory / "predictions.parquet")
    for model, scores in reference.scores(data).items():
        assert_same_ranking(predictions.filter(model=model), data, scores, features["track_prior"].to_list())


def assert_same_rows(found: pl.DataFrame, expected: list[dict[str, Any]]) -> None:
    """The same columns, ids and names; the same numbers to 1e-9."""
    assert found.height == len(expected)
    for row, twin in zip(found.to_dicts(), expected, strict=True):
        assert row == pytest.approx(twin, abs=1e-9)


def assert_same_ranking(found: pl.DataFrame, data: Dataset, scores: list[float], priors: list[float]) -> None:
    """The same scores to 1e-9, and the ranks and predictions that follow from the scores found."""
    by_candidate = {(row["user_id"], row["track_id"]): row for row in found.to_dicts()}
    rows = [by_candidate[candidate] for candidate in data.candidates]
    assert len(rows) == found.height
    assert [row["score"] for row in rows] == pytest.approx(scores, abs=1e-9)
    ranks = reference.ranks(data.candidates, [row["score"] for row in rows], priors)
    assert [row["rank"] for row in rows] == ranks
    assert [row["predicted"] for row in rows] == reference.predicted(data.candidates, ranks)
