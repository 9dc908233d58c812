"""The evidence of ``explain`` by the model adaptive: what it lists, where it is from, and that it adds up to the score."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import Any

import duckdb
import pytest
from rich.console import Console

from recsys.backends.duckdb.connection import reading
from recsys.cli.tables.explanation import explanation_table
from recsys.errors import UsageError
from recsys.serving.explain import explain as explained
from recsys.serving.explain import score
from recsys.sources.interactions import Interactions
from tests import reference
from tests.given import build_sql
from tests.hierarchies import write
from tests.main.conftest import NEWCOMER, TRACKS, UNLISTED, USERS
from tests.reference import Dataset

PAIRS = [*itertools.product((*USERS, NEWCOMER), TRACKS)][::13]
OWN = ("direct", "sibling")


def explain(connection: duckdb.DuckDBPyConnection, user: int, track: int) -> list[dict[str, Any]]:
    """The evidence of the model adaptive."""
    return explained(connection, user, track, "adaptive")


def weighed(rows: list[dict[str, Any]], level: str) -> list[dict[str, Any]]:
    """The rows of a level that count in the score."""
    return [row for row in rows if row["level"] == level and row["weight"]]


def features(dataset: Dataset, user: int, track: int) -> dict[str, Any]:
    return reference.features(replace(dataset, candidates=[(user, track)]))[0]


def example(dataset: Dataset, **wanted: Any) -> tuple[int, int]:
    """The first pair of a user and an unrated track whose features are as wanted."""
    for user, track in itertools.product(USERS, TRACKS):
        row = features(dataset, user, track)
        if (user, track) not in dataset.ratings and all(row[name] == value for name, value in wanted.items()):
            return user, track
    raise LookupError(f"the data set has no pair with {wanted}")


def test_contributions_add_up_to_the_score_of_any_pair(warehouse, dataset):
    expected = reference.scores(replace(dataset, candidates=PAIRS))["adaptive"]
    found = [score(explain(warehouse, user, track)) for user, track in PAIRS]
    assert found == pytest.approx(expected, abs=1e-9)


def test_contributions_add_up_where_a_rated_level_has_no_weight(dataset, tmp_path):
    write(tmp_path / "data", dataset)
    overrides = ("adaptive.album=0.0", "tuning.seconds=0")
    build_sql(tmp_path / "data", tmp_path / "w.duckdb", overrides=overrides)
    with reading(tmp_path / "w.duckdb") as connection:
        rows = connection.execute("from scores.adaptive order by user_id, track_id").fetchall()
        for user, track, expected in rows[::3]:
            assert score(explain(connection, user, track)) == pytest.approx(expected, abs=1e-9)


def test_candidates_add_up_to_the_score_in_the_warehouse(warehouse):
    rows = warehouse.execute("from scores.adaptive order by user_id, track_id").fetchall()
    for user, track, expected in rows[::3]:
        assert score(explain(warehouse, user, track)) == pytest.approx(expected, abs=1e-9)


def test_heuristics_score_pairs_that_are_no_candidates(warehouse, dataset):
    user, track = next(pair for pair in PAIRS if pair not in dataset.candidates)
    expected = reference.scores(replace(dataset, candidates=[(user, track)]))
    found = {r["source"]: [r["value"]] for r in explain(warehouse, user, track) if r["level"] == "model"}
    assert found == {model: pytest.approx(scores, abs=1e-9) for model, scores in expected.items()}


def test_an_own_album_rating_counts_and_its_siblings_do_not(warehouse, dataset):
    user, track = example(dataset, album_source="direct", sibling_count=1)
    features_of_pair, rows = features(dataset, user, track), explain(warehouse, user, track)
    (own,) = weighed(rows, "album")
    assert (own["source"], own["item_id"]) == ("direct", features_of_pair["album_id"])
    assert own["value"] == features_of_pair["album_direct"]
    assert [row["source"] for row in rows if row["level"] == "album"][:2] == ["direct", "sibling"]


def test_siblings_share_the_weight_of_the_album(warehouse, dataset):
    user, track = example(dataset, album_source="sibling", sibling_count=2)
    siblings = weighed(explain(warehouse, user, track), "album")
    assert [row["source"] for row in siblings] == ["sibling", "sibling"]
    assert siblings[0]["weight"] == siblings[1]["weight"]
    assert [row["value"] for row in siblings] == [dataset.ratings[user, r["item_id"]] for r in siblings]


def test_each_rated_genre_counts_and_the_others_are_shown(warehouse, dataset):
    user, track = example(dataset, genre_count=3, genre_rated=2)
    rows = explain(warehouse, user, track)
    assert [row["source"] for row in weighed(rows, "genre")] == ["direct", "direct"]
    assert len({row["item_id"] for row in rows if row["level"] == "genre"}) == 3


def test_priors_show_how_many_ratings_they_rest_on(warehouse, dataset):
    user, track = example(dataset, artist_source="prior", genre_rated=0)
    artist = features(dataset, user, track)["artist_id"]
    prior = reference.Evidence(dataset, reference.Fraction(10)).priors[artist]
    (row,) = [row for row in explain(warehouse, user, track) if row["level"] == "artist"]
    assert (row["source"], row["rating_count"]) == ("prior", prior.rating_count)
    assert (row["rating_mean"], row["value"]) == pytest.approx((float(prior.raw), float(prior.bayes)))
    assert row["shrinkage"] == pytest.approx(10 / (prior.rating_count + 10))


def test_a_user_without_ratings_is_scored_by_what_all_users_say(warehouse):
    rows = explain(warehouse, NEWCOMER, TRACKS[0])
    assert not [row for row in rows if row["source"] in OWN]
    assert sum(row["weight"] for row in rows) == pytest.approx(1)


def test_a_candidate_that_no_file_lists_gets_the_overall_mean(warehouse):
    rows = explain(warehouse, NEWCOMER, UNLISTED)
    counted = [(row["level"], row["source"], row["item_id"]) for row in rows if row["weight"]]
    assert counted == [(level, "global", None) for level in ("album", "artist", "genre")]


def test_what_was_not_built_is_not_listed(warehouse, dataset):
    rows = explain(warehouse, *dataset.candidates[0])
    assert {row["level"] for row in rows} == {"album", "artist", "genre", "track", "model"}
    assert not {row["source"] for row in rows} & {"autoencoder", "als"}


def test_learned_evidence_of_a_candidate_informs_and_weighs_nothing(learned, dataset):
    rows = explain(learned, *dataset.candidates[0])
    values = {(row["level"], row["source"]): row["value"] for row in rows if not row["weight"]}
    assert values["album", "autoencoder"] == 12.5
    assert [values[level, "als"] for level in ("track", "album", "artist", "genre")] == [1.5, 2.5, 3.5, 4.5]
    assert ("model", "als_raw_blend") in values


def test_nothing_is_learned_of_other_pairs(learned, dataset):
    pair = next(pair for pair in PAIRS if pair not in dataset.candidates)
    assert not {row["source"] for row in explain(learned, *pair)} & {"autoencoder", "als", "als_raw_blend"}


def test_rows_are_numbered_in_their_order(learned, dataset):
    rows = explain(learned, *dataset.candidates[0])
    assert [row["ordinal"] for row in rows] == [*range(1, len(rows) + 1)]
    levels = [level for level, _ in itertools.groupby(rows, key=lambda row: row["level"])]
    assert levels == ["album", "artist", "genre", "track", "model"]


@pytest.mark.parametrize(
    ("user", "track", "message"),
    [(77, TRACKS[0], "no user 77 in"), (USERS[0], 7, "no track 7 in"), (USERS[0], 10**12, "no track 10000")],
)
def test_unknown_ids_are_refused_in_one_line(warehouse, user, track, message):
    with pytest.raises(UsageError, match=f"^{message}") as refused:
        explain(warehouse, user, track)
    assert "\n" not in str(refused.value)


def test_arguments_can_be_named(warehouse):
    named = f"from explain(track_id := {TRACKS[0]}, user_id := {USERS[0]}, model := 'max_genre')"
    by_place = f"from explain({USERS[0]}, {TRACKS[0]}, 'max_genre')"
    assert warehouse.execute(named).fetchall() == warehouse.execute(by_place).fetchall() != []


def test_text_in_the_place_of_an_id_is_no_query(warehouse):
    for text in ("1, 2) union all select 1 --", "') union all select 1 --"):
        with pytest.raises(duckdb.Error, match=re.escape(f"no user {text} in the data")):
            warehouse.execute("from explain($1, 2)", [text]).fetchall()


def test_the_table_draws_a_bar_for_what_counts(warehouse, dataset):
    rows = explain(warehouse, *example(dataset, album_source="sibling", sibling_count=2))
    console = Console(width=160, no_color=True)
    with console.capture() as captured:
        console.print(explanation_table(rows, Interactions()))
    text = captured.get()
    assert sum("█" in line for line in text.splitlines()) == sum(r["contribution"] > 2.5 for r in rows)
