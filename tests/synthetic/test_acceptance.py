"""The acceptance table: its arithmetic on a history worked out by hand, and the demo data held to it."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from recsys.errors import UsageError
from recsys.synthetic import Statistic, check
from recsys.synthetic.acceptance import accuracy, adaptive, max_genre, weighted_average
from recsys.synthetic.features import Features, compute
from recsys.synthetic.reading import read

BY_HAND = {
    "trackData2.txt": "1|10|20|30|31\n2|10|None\n3|None|None|31\n4|11|21|30\n5|12|None|31\n",
    "albumData2.txt": "10|20|30\n11|None\n12|22|31\n",
    "artistData2.txt": "20\n21\n22\n",
    "genreData2.txt": "30\n31\n",
    "trainItem2.txt": "100|4\n10\t90\n30\t70\n2\t80\n22\t0\n101|2\n21\t50\n31\t100\n",
    "truth2.txt": "100|1|1\n100|3|0\n100|4|0\n100|5|1\n101|4|1\n101|5|0\n",
}
OVERALL = 65.0  # of the six ratings


@pytest.fixture
def by_hand(tmp_path: Path) -> Path:
    for name, text in BY_HAND.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def features(by_hand: Path) -> Features:
    return compute(read(by_hand))


def test_own_ratings_follow_the_filled_lineage(features: Features) -> None:
    none = np.nan
    np.testing.assert_array_equal(features.album, [90, none, none, none, none, none])
    np.testing.assert_array_equal(features.artist, [none, none, none, 0, 50, none])
    np.testing.assert_array_equal(features.siblings, [80, none, none, none, none, none])
    np.testing.assert_array_equal(features.has_relative, [True, False, False, False, False, False])


def test_genres_stand_in_for_unrated_ones(features: Features) -> None:
    np.testing.assert_array_equal(features.genre_own, [70, np.nan, 70, np.nan, np.nan, 100])
    np.testing.assert_allclose(features.genre_mean_raw, [85, 100, 70, 100, 70, 100])
    np.testing.assert_allclose(features.genre_max_raw, [100, 100, 70, 100, 70, 100])
    shrunk = [(value + 10 * OVERALL) / 11 for value in (100, 70)]
    np.testing.assert_allclose(features.genre_mean_prior[[1, 4]], shrunk)


def test_heuristics_by_hand(features: Features) -> None:
    assert weighted_average(features)[0] == pytest.approx(0.4 * 90 + 0.3 * OVERALL + 0.3 * 85)
    assert max_genre(features)[3] == pytest.approx(0.7 * 100 + 0.2 * 0 + 0.1 * OVERALL)
    assert adaptive(features)[0] == pytest.approx((0.5 * 90 + 0.2 * 70) / 0.7)
    assert adaptive(features)[4] == pytest.approx(50)


def test_ties_go_to_the_prior_and_then_to_the_lower_track(by_hand: Path, features: Features) -> None:
    data = read(by_hand)
    # No candidate has a rating, so all priors are equal: tracks 1 and 3 of the first user, 4 of the second.
    assert accuracy(data, features, np.zeros(6)) == pytest.approx(4 / 6)


def test_packed_files_with_mark_and_crlf_read_the_same(by_hand: Path) -> None:
    before = [statistic.value for statistic in check(by_hand)]
    for path in list(by_hand.iterdir()):
        content = b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n")
        path.with_suffix(".txt.gz").write_bytes(gzip.compress(content))
        path.unlink()
    np.testing.assert_array_equal([statistic.value for statistic in check(by_hand)], before)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("trainItem2.txt", None, "has no file trainItem2.txt or trainIdx2.txt"),
        ("trainItem2.txt", "", "has no ratings; nothing to compare"),
        ("trainItem2.txt", "100|1\nspam\teggs\n", "not in the Cup's data format"),
        ("trackData2.txt", "1\n", "not in the Cup's data format"),
        ("truth2.txt", "", "has no labels; nothing to compare"),
        ("truth2.txt", "100|1|1\n", "needs labels 0 and 1; nothing to compare"),
    ],
)
def test_what_cannot_be_measured_is_refused(by_hand: Path, name: str, text: str | None, message: str) -> None:
    (by_hand / name).unlink()
    if text is not None:
        (by_hand / name).write_text(text)
    with pytest.raises(UsageError, match=message):
        check(by_hand)


def test_a_statistic_is_within_up_to_its_tolerance() -> None:
    assert Statistic("edge", 83, 77, 6).is_within
    assert not Statistic("beyond", 83, 76.9, 6).is_within
    assert not Statistic("nothing to measure", 83, float("nan"), 6).is_within
    assert Statistic("for information", 83, 0).is_within is None
    assert Statistic("a", 1.0, float("nan"), 0.5).as_dict() == {
        "name": "a",
        "real": 1.0,
        "value": None,
        "tolerance": 0.5,
        "is_within": False,
    }


def test_small_scale_is_within_all_tolerances(small: Path) -> None:
    table = check(small)
    assert sum(statistic.tolerance is not None for statistic in table) == 22
    assert [statistic for statistic in table if statistic.is_within is False] == []


def test_small_scale_resembles_how_people_rate(small: Path) -> None:
    """Loose bounds around figures that have no tolerance of their own."""
    figures = {statistic.name: statistic for statistic in check(small)}
    for name, bound in {
        "ratings per user: median": 3,
        "mean rating": 4,
        "share of ratings of tracks": 0.05,
        "share of ratings of artists": 0.05,
        "share of ratings of 80 and more": 0.04,
        "tracks without artist after the fill": 0.01,
        "genres per track": 0.2,
    }.items():
        assert abs(figures[name].value - figures[name].real) < bound, name
