"""Evaluate the list models of a warehouse, by the split of its build or by another one."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from recsys.backends.database import Limits
from recsys.backends.duckdb.connection import query, reading
from recsys.backends.duckdb.statements import Connection
from recsys.engine.availability import UNWANTED
from recsys.engine.build import Reporter, build
from recsys.engine.rebuilding import rebuild_options
from recsys.errors import UsageError
from recsys.serving.leaderboard import is_compared
from recsys.serving.leaderboard import leaderboard as of_test_items
from recsys.serving.list_models import StoredLists
from recsys.serving.model_names import ModelNames
from recsys.serving.relations import has, require, settings
from recsys.sources.remote import located

LEADERBOARD = "marts.list_leaderboard"
SPLITS = ("random", "time")
USERS, ITEMS = COLD = ("users", "items")
FEW = 5  # interactions of a cold user, at most
K = 10  # length of the lists that a build judges
RECALL_BY_HISTORY = """
    with histories as (
        select interactions.user_id, count(*) as left_count
        from lists.interactions as interactions
        anti join validation.list_held_out as held_out using (user_id, item_id)
        group by interactions.user_id
    )
    select
        model,
        count(*) filter (where left_count <= $few) as users,
        avg(recall) filter (where left_count <= $few) as recall,
        count(*) filter (where left_count > $few) as other_users,
        avg(recall) filter (where left_count > $few) as other_recall
    from lists.validation
    join histories using (user_id)
    where list_contains($models::varchar[], model)
    group by model
    having count(*) filter (where left_count <= $few) > 0
    order by recall desc, model
"""


def leaderboard(connection: Connection, models: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return the rows of ``marts.list_leaderboard``, best model first.

    Parameters
    ----------
    connection : DuckDB connection
        Of the open warehouse.
    models : sequence of str
        Only these list models. Default: all.

    Raises
    ------
    UsageError
        There is no such list model.
    """
    rows = query(connection, f"from {LEADERBOARD} order by ndcg desc nulls last, model").to_pylist()
    names = ModelNames.of(connection)
    wanted = {names.list_model(name) for name in models}
    return [row for row in rows if not wanted or row["model"] in wanted]


def why_not_the_first(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Say why the chosen list model is not the first of the list leaderboard; None where it is.

    Only a build that holds out the latest likes chooses so, see ``lists.chosen``.
    """
    chosen = next((row for row in rows if row["is_chosen"]), None)
    if chosen is None or chosen["ndcg"] is None or chosen["ndcg"] >= rows[0]["ndcg"]:
        return None
    reason = "random held-out likes decide too, and these figures are of the latest likes"
    return f"{chosen['model']} is not the first: {reason}."


def is_of_lists(connection: Connection) -> bool:
    """Return whether lists come first: the data were imported, or have no test items."""
    return not is_compared(connection) or not has_test_items(connection)


def has_test_items(connection: Connection) -> bool:
    """Return whether the data have test items."""
    return bool(query(connection, "from staging.candidates limit 1").num_rows)


def first_leaderboard(connection: Connection) -> list[dict[str, Any]]:
    """Return the rows of the leaderboard that comes first: of lists for imported data, else of test items."""
    if is_of_lists(connection) and has(connection, LEADERBOARD):
        return leaderboard(connection)
    return of_test_items(connection)


@dataclass(frozen=True)
class EvaluationRequest:
    """Hold a request of `evaluate`.

    Parameters
    ----------
    models : sequence of str
        Only these list models. Default: all.
    split : str, optional
        ``random`` or ``time``: hold out random likes, or the latest ones. Default: as the build did.
    k : int, default 10
        Length of the lists.
    cold : str, optional
        ``users``: recall of users with few interactions. ``items``: of items that are held out altogether.
    diversity : float from 0 to 1, default 0
        How much similar items are kept apart. Rows then have ``plain_ndcg`` too, without diversity.
    """

    models: Sequence[str] = ()
    split: str | None = None
    k: int = K
    cold: str | None = None
    diversity: float = 0.0

    @property
    def overrides(self) -> tuple[str, ...]:
        """The parameters that differ from those of the build."""
        split = ITEMS if self.cold == ITEMS else self.split
        given = {
            "validation.split": split,
            "validation.list_length": None if self.k == K else self.k,
            "validation.diversity": self.diversity or None,
        }
        return tuple(f"{name}={value}" for name, value in given.items() if value is not None)

    @property
    def unwanted(self) -> tuple[str, ...]:
        """The list models that are not judged: a ranker needs likes of other users among what it ranks."""
        return ("lists.ranker",) if self.cold == ITEMS else ()


def evaluate(
    warehouse: Path, request: EvaluationRequest, limits: Limits, reporter: Reporter
) -> list[dict[str, Any]]:
    """Return the quality of the list models on held-out likes, the best first.

    Another split or length than those of the build fits and judges the list models again, in a temporary
    warehouse, from the data directory of the build and with its parameters: those that the warehouse has, and
    ``is_chosen`` is its own choice.

    Parameters
    ----------
    warehouse : Path
        The warehouse file.
    request : EvaluationRequest
        What to judge.
    limits : Limits
        Threads and memory.
    reporter : Reporter
        Shows the progress of a temporary build.

    Returns
    -------
    list of dict
        Rows of `leaderboard`; of cold users those of `few_interactions`. Of diverse lists with
        ``plain_ndcg``, the NDCG of the same models without diversity.

    Raises
    ------
    UsageError
        There is no such list model, the data directory is gone, or no user can be judged.
    """
    if request.diversity:
        plain = {
            row["model"]: row["ndcg"]
            for row in evaluate(warehouse, replace(request, diversity=0.0), limits, reporter)
        }
        return [
            {**row, "plain_ndcg": plain[row["model"]]}
            for row in _evaluate(warehouse, request, limits, reporter)
            if row["model"] in plain  # a warehouse may be built without some
        ]
    return _evaluate(warehouse, request, limits, reporter)


def _evaluate(
    warehouse: Path, request: EvaluationRequest, limits: Limits, reporter: Reporter
) -> list[dict[str, Any]]:
    with reading(warehouse) as connection:
        require(connection, warehouse, LEADERBOARD)
        if not request.overrides:
            return _rows(connection, warehouse, request)
        names = ModelNames.of(connection)
        for name in request.models:
            names.list_model(name)
        data, chosen = settings(connection)["data"], StoredLists(connection).default
        absent = _absent(connection, names)
    with tempfile.TemporaryDirectory(prefix="recsys-") as folder:
        judged = Path(folder) / "judged.duckdb"
        built = rebuild_options(located(data), warehouse, limits)
        options = replace(
            built,
            warehouse=judged,
            overrides=(*built.overrides, *request.overrides),
            selected=(f"+{LEADERBOARD}",),
            unwanted=tuple(dict.fromkeys((*request.unwanted, *absent))),
        )
        build(options, reporter)
        with reading(judged) as connection:
            rows = _rows(connection, warehouse, request)
    return [{**row, "is_chosen": row["model"] == chosen} if "is_chosen" in row else row for row in rows]


def _absent(connection: Connection, names: ModelNames) -> list[str]:
    """Return the relations of list models that a warehouse lacks, though they could be built."""
    could = [f"lists.{name}" for name in StoredLists(connection).facts if name not in names.lists]
    return could + [
        name for name, reason in names.left_out.items() if name.startswith("lists.") and reason == UNWANTED
    ]


def _rows(connection: Connection, warehouse: Path, request: EvaluationRequest) -> list[dict[str, Any]]:
    rows = leaderboard(connection, request.models)
    if request.cold != USERS:
        return rows
    found = few_interactions(connection, [row["model"] for row in rows])
    if not found:
        raise UsageError(
            f"{warehouse}: no judged user has {FEW} interactions or fewer left; use evaluate without --cold"
        )
    return found


def few_interactions(connection: Connection, models: Sequence[str]) -> list[dict[str, Any]]:
    """Return the recall of lists for users with few interactions, and for the others, best model first.

    Parameters
    ----------
    connection : DuckDB connection
        Of the open warehouse.
    models : sequence of str
        List models.

    Returns
    -------
    list of dict
        ``model, users, recall, other_users, other_recall``; ``users`` have at most `FEW` interactions left
        when their likes are held out. Empty where there are none.
    """
    rows: list[dict[str, Any]] = query(
        connection, RECALL_BY_HISTORY, {"few": FEW, "models": list(models)}
    ).to_pylist()
    return rows
