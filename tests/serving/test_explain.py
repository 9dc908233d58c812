"""Explanations: parts that add up to the score, by every model and through every interface."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import recsys
from recsys.backends.duckdb.connection import reading
from recsys.errors import UsageError
from recsys.learners.lists.ranker import Ranker
from recsys.learners.lists.reasons import NO_REASON, strongest
from recsys.serving.explain import explain, rows_of, score
from recsys.serving.list_models import StoredLists
from recsys.serving.model_names import ModelNames
from recsys.serving.recommender import Recommender, RecommendRequest
from tests.serving.imported import Answers, users_of

SUMS = {"item_scores", "attributes", "item_weights"}  # kinds that the macro computes


@pytest.fixture(params=["stars", "counts", "likes"])
def warehouse(request: pytest.FixtureRequest, films: Callable[[str], Path]) -> Path:
    return films(request.param)


@pytest.fixture
def recommender(warehouse: Path) -> Iterator[Recommender]:
    with reading(warehouse) as connection:
        yield Recommender(connection, warehouse)


def asked(recommender: Recommender) -> list[int]:
    """Ids of some users."""
    with_ids = "select user_id from staging.users where original_id in (select unnest($1))"
    names = users_of(recommender.warehouse, 3, seed=5)
    return [row[0] for row in recommender.connection.execute(with_ids, [names]).fetchall()]


def test_parts_of_every_list_model_add_up_to_the_score(recommender: Recommender) -> None:
    for model, user in itertools.product(recommender.models, asked(recommender)):
        (listed,) = recommender.blocks(RecommendRequest(4, model), [user])
        for row in listed.to_pylist():
            parts = recommender.explain(user, row["item_id"], model)
            assert score(parts) == pytest.approx(row["score"], abs=1e-9), (model, row)
            named = [part["evidence"] for part in parts if part["item_id"] is not None]
            assert row["reason"] is None or row["reason"] in named, (model, row)
            assert [part["ordinal"] for part in parts] == [*range(1, len(parts) + 1)]


def test_without_a_model_it_is_the_one_that_made_the_lists(recommender: Recommender) -> None:
    (user, *_), default = asked(recommender), recommender.stored.default
    stored = "select item_id, score from marts.recommendations where user_id = $1 order by rank limit 5"
    for item, expected in recommender.connection.execute(stored, [user]).fetchall():
        parts = recommender.explain(user, item)
        assert {part["model"] for part in parts} == {default}
        assert score(parts) == pytest.approx(expected, abs=1e-9)
        assert parts == recommender.explain(user, item, default)


def test_the_macro_gives_the_same_parts_or_says_that_it_cannot(recommender: Recommender) -> None:
    user, *_ = asked(recommender)
    for model in recommender.models:
        (listed,) = recommender.blocks(RecommendRequest(2, model), [user])
        for item in listed["item_id"].to_pylist():
            ours = recommender.explain(user, item, model)
            given = {"user": user, "item": item, "model": model}
            rows = rows_of(recommender.connection, "from explain($user, $item, model := $model)", given)
            if recommender.stored.facts[model]["kind"] not in SUMS:
                assert rows[0]["level"] == "note"
                assert f"SQL alone cannot compute the parts of {model}" in rows[0]["evidence"]
                continue
            for one, other in zip(ours, rows, strict=True):
                for column, value in one.items():
                    assert other[column] == (
                        pytest.approx(value, abs=1e-9) if isinstance(value, float) else value
                    )


def test_every_interface_explains_alike(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = Answers(warehouse, monkeypatch, capsys)
    user, *_ = users_of(warehouse, 1, seed=5)
    for model in (None, "item_knn", "popularity"):
        item = answers.command("recommend", user, "-k", 1)[0]["item"]
        named = [] if model is None else ["--model", model]
        with recsys.open(warehouse) as opened:
            library = opened.explain(user, item, model=model).to_arrow_table().to_pylist()
        assert answers.command("explain", user, item, *named) == library
        query = f"/api/explain?user={user}&item={item}" + (f"&model={model}" if model else "")
        assert answers.app.get(query).json()["evidence"] == library


def test_a_reason_has_a_part_in_the_score(recommender: Recommender) -> None:
    """Without the named interaction the score, of a ranker that of its plain blend, is another one."""
    stored = StoredLists(recommender.connection)
    seen = 0
    for model, user in itertools.product(recommender.models, asked(recommender)):
        table = stored.history(np.array([user]))
        history = stored.histories(table, np.array([user]))
        opened = stored.open(model, table)
        (listed,) = recommender.blocks(RecommendRequest(3, model), [user])
        plain = opened.plain if isinstance(opened, Ranker) else opened
        for item in listed["item_id"].to_numpy():
            entry = int(strongest(opened, history, np.zeros(1, np.int64), np.array([item]))[0])
            if entry == NO_REASON:
                continue
            without = history.entries(np.arange(history.entry_count) != entry)
            place = int(np.searchsorted(plain.item_ids, item))
            before, after = (plain.scores(one)[0, place] for one in (history, without))
            assert before != after, (model, user, item)
            seen += 1
    assert seen


def test_models_of_the_leaderboard_are_explained_and_one_without_parts_says_so(
    small_warehouse: Path,
) -> None:
    with reading(small_warehouse) as connection:
        names = ModelNames.of(connection)
        steps = dict(connection.execute("select model, steps from marts.models").fetchall())
        for model in names.scores:
            pairs = f"select user_id, track_id, score from scores.{model} order by all"
            for user, track, expected in connection.execute(pairs).fetchall():
                rows = explain(connection, user, track, f"scores.{model}")
                if steps[model] is None:
                    assert rows[0]["level"] == "note"
                    assert rows[0]["evidence"].startswith(f"{model} is no sum of parts")
                    assert score(rows) is None
                else:
                    assert score(rows) == pytest.approx(expected, abs=1e-9), (model, user, track)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("adaptiv", "adaptiv: no such model; did you mean adaptive?"),
        ("item_kn", "item_kn: no such model; did you mean item_knn"),
        ("?", r"\?: no such model; choose from adaptive, "),
        ("ials", "ials: the build left this model out: --sql-only leaves .* out; build without it"),
        ("scores.ranker", "scores.ranker: the build left this model out: --sql-only leaves .*"),
        (
            "trending",
            "trending: the build left this model out: the data have no times: import .*--time COLUMN",
        ),
    ],
)
def test_an_unknown_model_gets_the_nearest_names(small_warehouse: Path, model: str, message: str) -> None:
    with reading(small_warehouse) as connection, pytest.raises(UsageError, match=f"^{message}"):
        explain(connection, 100, 1, model)


def test_a_list_model_that_was_left_out_has_the_reason(small_warehouse: Path) -> None:
    with (
        reading(small_warehouse) as connection,
        pytest.raises(UsageError, match="^ease: the build left this list model out: --sql-only leaves"),
    ):
        ModelNames.of(connection).list_model("ease")


def test_a_model_of_the_other_kind_is_said_to_be_one(small_warehouse: Path) -> None:
    with reading(small_warehouse) as connection:
        names = ModelNames.of(connection)
        with pytest.raises(
            UsageError, match="^adaptive: scores test items and makes no lists; list models: "
        ):
            names.list_model("adaptive")
        with pytest.raises(UsageError, match="^item_knn: makes lists and scores no test items; models of "):
            names.score_model("item_knn")
        assert names.score_model("scores.adaptive") == "adaptive"
