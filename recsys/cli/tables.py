"""Lay out the tables that the commands print: at 80 columns, or with more columns for --wide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from recsys.cli.layout import LONGEST_BAR, Cell, Column, bar, grid, room_for_bars
from recsys.sources.interactions import Interactions

if TYPE_CHECKING:
    from recsys.cli.machine import Check
    from recsys.engine.plan import Step
    from recsys.learners.ensembles.files import BlendResult
    from recsys.synthetic.acceptance import Statistic

Row = Mapping[str, Any]
CHANCE = 0.5  # accuracy of a random order, where the bars of accuracies start
LEAST_SHOWN = 1e-9  # smaller numbers are rounding errors and shown as 0
GROUP_NOTE = "Models that share a letter are not significantly different from the best of that group."
AUC_NOTE = (
    "AUC: share of pairs of a liked and a not liked item, over all users, in the right order (chance: 0.5)."
)


def formatted(value: Any) -> str:
    """Return a value as text: numbers with separators, a dash for None."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return fixed(value, 4) if abs(value) < 10 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def fixed(value: float, decimals: int) -> str:
    """Return a number with so many decimals, without the sign of a rounded zero."""
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def significant(value: float) -> str:
    """Return a score with four significant digits, a rounding error as 0."""
    return f"{value if abs(value) >= LEAST_SHOWN else 0.0:.4g}"


def rows_table(rows: Sequence[Row], prose: Sequence[str] = ()) -> Table:
    """Return a table of any rows, with numbers to the right and the ``prose`` columns folded."""
    headings = [Column(name, _is_numeric(rows, name), name in prose) for name in (rows[0] if rows else ())]
    return grid(headings, [[formatted(value) for value in row.values()] for row in rows])


def _is_numeric(rows: Sequence[Row], name: str) -> bool:
    return all(isinstance(row[name], int | float | None) for row in rows)


def with_bars(
    headings: Sequence[Column], rows: Sequence[Sequence[Cell]], bars: Sequence[tuple[float, float, float]]
) -> Table:
    """Return a table with a last column of bars if there is room; a bar is (value, lowest, highest)."""
    room = room_for_bars(headings, rows)
    if not room:
        return grid(headings, rows)
    drawn = [[*row, bar(*each, room)] for row, each in zip(rows, bars, strict=True)]
    return grid([*headings, Column("")], drawn)


def leaderboard_table(rows: Sequence[Row], wide: bool, is_compared: bool) -> Table:
    """Return the table of models, best first; the bars start at chance.

    ``is_compared`` adds published figures if ``wide``.
    """
    headings = [Column("model"), Column("accuracy", is_right=True), Column("95 % interval", is_right=True)]
    headings.append(Column("group"))
    if not wide:
        cells = [_judgement(row) for row in rows]
        return with_bars(headings, cells, [(row["accuracy"] or 0.0, CHANCE, 1.0) for row in rows])
    headings += [Column(""), Column("AUC", is_right=True), Column("AUC of probabilities", is_right=True)]
    if is_compared:
        headings += [
            Column("published", is_right=True),
            Column("difference", is_right=True),
            Column("published in"),
        ]
    headings += [
        Column("users", is_right=True),
        Column("build seconds", is_right=True),
        Column("evaluated on"),
    ]
    return grid(headings, [_all_cells(row, is_compared) for row in rows], wide=True)


def leaderboard_notes(rows: Sequence[Row], wide: bool) -> list[str]:
    """Return the lines that explain the columns of a leaderboard; none if no model was evaluated."""
    if all(row["accuracy"] is None for row in rows):
        return []
    return [GROUP_NOTE, *([AUC_NOTE] if wide else [])]


def _judgement(row: Row) -> list[Cell]:
    accuracy, low, high = row["accuracy"], row["accuracy_low"], row["accuracy_high"]
    return [
        row["model"],
        "-" if accuracy is None else f"{accuracy:.4f}",
        "-" if low is None else f"{low:.3f} to {high:.3f}",
        row["group"] or "-",
    ]


def _all_cells(row: Row, is_compared: bool) -> list[Cell]:
    accuracy, published = row["accuracy"], row["published_accuracy"]
    is_known = accuracy is not None and published is not None
    comparison = [
        "-" if published is None else f"{published:.3f}",
        f"{accuracy - published:+.3f}" if is_known else "-",
        row["published_in"] or "-",
    ]
    return [
        *_judgement(row),
        bar(accuracy or 0.0, CHANCE, 1.0),
        "-" if row["auc"] is None else f"{row['auc']:.4f}",
        "-" if row["probability_auc"] is None else f"{row['probability_auc']:.4f}",
        *(comparison if is_compared else ()),
        f"{row['users']:,}",
        f"{row['seconds']:.1f}",
        row["evaluated_on"],
    ]


def explanation_table(rows: Sequence[Row], values: Interactions, wide: bool = False) -> Table:
    """Return the table of an explanation, a section per level, with a bar for each contribution.

    ``values`` has the scale of the data: a contribution of its highest rating fills a bar.
    """
    headings = [Column("level"), Column("evidence", is_prose=True), Column("value", is_right=True)]
    if wide:
        headings += [Column("based on", is_right=True), Column("weight", is_right=True)]
    headings.append(Column("adds", is_right=True))
    cells = [_evidence(row, values, wide) for row in rows]
    highest = values.score(100)
    if wide:
        bars: list[list[Cell]] = [[_bar_of(row, highest, LONGEST_BAR)] for row in rows]
    else:
        room = room_for_bars(headings, cells)
        bars = [[_bar_of(row, highest, room)] if room else [] for row in rows]
    headings += [Column("")] if bars and bars[0] else []
    drawn = [[*each, *more] for each, more in zip(cells, bars, strict=True)]
    table = grid(headings, drawn, wide)
    for row, following, drawing in zip(rows, [*rows[1:], None], table.rows, strict=True):
        drawing.end_section = following is not None and following["level"] != row["level"]
        drawing.style = "" if row["weight"] else "dim"
    return table


def _bar_of(row: Row, highest: float, width: int) -> Text:
    return bar(row["contribution"], 0, highest, width) if row["weight"] else Text("")


def _evidence(row: Row, values: Interactions, wide: bool) -> list[Cell]:
    decimals = 3 if row["level"] == "model" else values.decimals  # a model's score may be a probability
    weight = f"{row['weight']:.3f}" if row["weight"] else ""
    return [
        values.noun if row["level"] == "track" else row["level"],
        row["evidence"],
        fixed(row["value"], decimals),
        *((_basis(row, values.decimals), weight) if wide else ()),
        fixed(row["contribution"], 2) if row["weight"] else "",
    ]


def _basis(row: Row, decimals: int) -> str:
    """Return how many ratings a value is based on, their mean, and its pull towards the average."""
    if row["shrinkage"] is None:
        return ""
    ratings = f"{row['rating_count']:,} ratings, mean {fixed(row['rating_mean'], decimals)}"
    return (
        ratings
        if row["source"] == "global"
        else f"{ratings}, pulled {row['shrinkage']:.0%} towards the average"
    )


def lists_table(rows: Sequence[Row], is_of_many: bool) -> Table:
    """Return the table of recommendations; ``is_of_many`` adds a column of users."""
    headings = [Column("user")] if is_of_many else []
    headings += [Column("rank", is_right=True), Column("item", is_right=True)]
    is_named = any(row["name"] is not None for row in rows)
    headings += [Column("name", is_prose=True)] if is_named else []
    has_reasons = any(row["reason"] is not None for row in rows)
    headings += [Column("score", is_right=True), *([Column("why", is_prose=True)] if has_reasons else [])]
    return grid(headings, [_list_cells(row, is_of_many, is_named, has_reasons) for row in rows])


def _list_cells(row: Row, is_of_many: bool, is_named: bool, has_reasons: bool) -> list[Cell]:
    user = [row["user"]] if is_of_many else []
    name = [row["name"] or ""] if is_named else []
    reason = [row["reason"] or ""] if has_reasons else []
    return [*user, str(row["rank"]), row["item"], *name, significant(row["score"]), *reason]


def similar_table(rows: Sequence[Row]) -> Table:
    """Return the table of similar items, with a bar for each score."""
    is_named = any(row["name"] is not None for row in rows)
    headings = [Column("rank", is_right=True), Column("item", is_right=True)]
    headings += [Column("name", is_prose=True)] if is_named else []
    headings += [Column("score", is_right=True)]
    cells: list[list[Cell]] = []
    for row in rows:
        name = [row["name"] or ""] if is_named else []
        cells.append([str(row["rank"]), row["item"], *name, significant(row["score"])])
    return with_bars(headings, cells, [(row["score"], 0, rows[0]["score"]) for row in rows])


def plan_table(steps: Sequence[Step]) -> Table:
    """Return the table of what a build would do with each model, and why."""
    headings = [Column(""), Column("model"), Column("why", is_prose=True)]
    return grid(
        headings, [["run" if step.runs else "keep", _planned(step), step.reason or ""] for step in steps]
    )


def _planned(step: Step) -> str:
    """Return the name of a model, marked where `recsys append` updates it without a build."""
    return f"{step.name} +" if step.rendered.model.incremental else step.name


def models_table(rows: Sequence[Row], wide: bool, is_compared: bool) -> Table:
    """Return the table of models and formulas; ``wide`` adds maker, inputs and published accuracy."""
    headings = [Column("model"), Column("formula", is_prose=True)]
    cells = [[row["model"], row["formula"]] for row in rows]
    if wide:
        headings += [Column("made by"), Column("reads", is_prose=True)]
        headings += [Column("published", is_right=True)] if is_compared else []
        for cell, row in zip(cells, rows, strict=True):
            published = [_share(row["published"])] if is_compared else []
            cell += [row["made by"], ", ".join(row["reads"]), *published]
    return grid(headings, cells, wide)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def differences_table(rows: Sequence[Row], wide: bool) -> Table:
    """Return the table of differences between two warehouses, in full if ``wide``."""
    if wide:
        headings = [Column(name, is_prose=name not in ("kind", "name")) for name in rows[0]]
        return grid(headings, [[formatted(value) for value in row.values()] for row in rows], wide=True)
    headings = [Column("kind"), Column("name"), Column("difference", is_prose=True)]
    return grid(headings, [[row["kind"], row["name"], _difference(row)] for row in rows])


def _difference(row: Row) -> str:
    change = f"{formatted(row['before'])} -> {formatted(row['after'])}"
    return row["reason"] or change


def acceptance_table(statistics: Sequence[Statistic]) -> Table:
    """Return the table that compares a data set with the Cup's: its statistics and their tolerances."""
    headings = [Column("statistic", is_prose=True)]
    headings += [Column(heading, is_right=True) for heading in ("Cup's data", "here", "tolerance")]
    verdicts = {True: Text("within", style="green"), False: Text("OUTSIDE", style="red"), None: Text("")}
    cells: list[list[Cell]] = [
        [
            each.name,
            formatted(each.real),
            formatted(each.value),
            "-" if each.tolerance is None else f"{each.tolerance:g}",
            verdicts[each.is_within],
        ]
        for each in statistics
    ]
    return grid([*headings, Column("")], cells)


def ensemble_table(outcome: BlendResult) -> Table:
    """Return the table of a blend: accuracy, accuracy expected from the other files, and weight."""
    headings = [Column("file")]
    headings += [Column(heading, is_right=True) for heading in ("accuracy", "expected", "weight")]
    cells = [
        [
            known.file,
            f"{known.accuracy:.4f}",
            "-" if known.foretold is None else f"{known.foretold:.4f}",
            "-" if known.weight is None else f"{known.weight:+.4f}",
            known.duplicate_of or "",
        ]
        for known in outcome.inputs
    ]
    return grid([*headings, Column("same as")], cells)


def doctor_table(checks: Sequence[Check]) -> Table:
    """Return the table of checks, with advice below those that have some."""
    headings = [Column(""), Column("check"), Column("found", is_prose=True)]
    cells: list[list[Cell]] = []
    for check in checks:
        sign = {True: Text("ok", style="green"), False: Text("no", style="red")}[check.ok]
        if not check.ok and not check.is_needed:
            sign = Text("-", style="yellow")
        cells.append([sign, check.name, check.found])
        if check.advice:
            cells.append(["", "", Text(f"-> {check.advice}", style="yellow")])
    return grid(headings, cells)
