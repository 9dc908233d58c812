"""Altair charts of the report, each from the rows of a relation. Colours come from the page's theme."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt

Rows = Sequence[Mapping[str, Any]]
AnyChart = alt.Chart | alt.LayerChart | alt.FacetChart

OURS, PUBLISHED = "this warehouse", "published"
SOURCES = ("direct", "sibling", "als", "prior", "global")


def data(rows: Iterable[Mapping[str, Any]]) -> alt.InlineData:
    """Wrap rows as inline data of a chart."""
    return alt.InlineData(values=[dict(row) for row in rows])


def sized(chart: AnyChart, height: float) -> AnyChart:
    """Fit a chart to the page's width; ``height`` in pixels is that of the plot inside its axes."""
    fit = alt.AutoSizeParams(type="fit-x", contains="padding")
    return chart.properties(width="container", height=height, autosize=fit)


def series(names: Sequence[str], shown: Sequence[str] | None = None) -> alt.Color:
    """Return colours for the field ``series``, fixed per name, with a legend of those shown."""
    shown = names if shown is None else shown
    legend = alt.Legend(values=list(shown)) if len(shown) > 1 else None
    return alt.Color("series:N", title=None, scale=alt.Scale(domain=list(names)), legend=legend)


def leaderboard(rows: Rows) -> AnyChart:
    """Draw intervals from rows (model, accuracy, low, high, published_accuracy), best first."""
    order = [row["model"] for row in rows]
    y = alt.Y("model:N", sort=order, title=None, axis=alt.Axis(grid=True, ticks=False, domain=False))
    x = alt.X(
        "accuracy:Q", title="accuracy", scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(format=".2f")
    )
    points = [
        *({**row, "series": OURS} for row in rows),
        *(
            {"model": row["model"], "series": PUBLISHED, "accuracy": row["published_accuracy"]}
            for row in rows
            if row["published_accuracy"] is not None
        ),
    ]
    ours, shown = data(row for row in points if row["series"] == OURS), _shown(points)
    interval = alt.Chart(ours).mark_rule(strokeWidth=6, opacity=0.3)
    marks = alt.Chart(data(points)).mark_point(filled=True, size=75, opacity=1)
    return sized(
        alt.layer(
            interval.encode(
                x=alt.X("low:Q", title="accuracy"),
                x2="high:Q",
                y=y,
                tooltip=tooltipped("model", low=".4f", high=".4f"),
            ),
            marks.encode(
                x=x,
                y=y,
                color=series((OURS, PUBLISHED), shown),
                shape=alt.Shape(
                    "series:N",
                    title=None,
                    scale=alt.Scale(domain=shown, range=["circle", "diamond"][: len(shown)]),
                ),
                tooltip=tooltipped("model", "series", accuracy=".4f"),
            ),
        ),
        23 * len(rows),
    )


def _shown(points: Rows) -> list[str]:
    """Return the series that the legend explains: those with a point."""
    return [OURS, PUBLISHED] if any(point["series"] == PUBLISHED for point in points) else [OURS]


def tooltipped(*names: str, **formats: str) -> list[alt.Tooltip]:
    """Return tooltips for texts, and for numbers with their formats."""
    texts = [alt.Tooltip(name, type="nominal", title=name.replace("_", " ")) for name in names]
    numbers = [
        alt.Tooltip(name, type="quantitative", format=shape, title=name.replace("_", " "))
        for name, shape in formats.items()
    ]
    return [*texts, *numbers]


def _flat() -> alt.Axis:
    return alt.Axis(labelAngle=0, ticks=False, domain=False, labelOverlap=False)


def _heatmap(
    cells: Rows,
    x: alt.X,
    y: alt.Y,
    value: str,
    shape: str,
    tooltip: list[alt.Tooltip],
    domain: Sequence[float],
) -> AnyChart:
    """Draw a row of coloured cells with numbers for each ``model``."""
    base = alt.Chart(data(cells)).encode(x=x, y=y, tooltip=tooltip)
    color = alt.Color(f"{value}:Q", legend=None, scale=alt.Scale(domain=list(domain), clamp=True))
    return sized(
        alt.layer(
            base.mark_rect().encode(color=color),
            base.mark_text(fontSize=10).encode(text=alt.Text(f"{value}:Q", format=shape)),
        ),
        22 * len({cell["model"] for cell in cells}),
    )


def accuracy_by_levels(rows: Rows) -> AnyChart:
    """Draw shares right and liked from rows (rated_levels, candidates, accuracy, liked_share)."""
    names = ("predicted right", "liked")
    points = [
        {**row, "series": name, "share": row[field]}
        for row in rows
        for name, field in zip(names, ("accuracy", "liked_share"), strict=True)
    ]
    chart = alt.Chart(data(points)).mark_bar(cornerRadiusEnd=2)
    return sized(
        chart.encode(
            x=alt.X("rated_levels:O", title="number of rated levels", axis=_flat()),
            xOffset=alt.XOffset("series:N", sort=list(names)),
            y=alt.Y(
                "share:Q",
                title="share of test items",
                axis=alt.Axis(format="%"),
                scale=alt.Scale(domain=[0, 1]),
            ),
            color=series(names),
            tooltip=tooltipped("series", "rated_levels", share=".1%", candidates=",.0f"),
        ),
        240,
    )


def calibration(rows: Rows) -> AnyChart:
    """Draw calibration from rows (tenth, candidates, probability, liked_share, liked_low, liked_high)."""
    whole = alt.Scale(domain=[0, 1], nice=False)
    percent = alt.Axis(format="%", tickCount=5)
    x = alt.X("probability:Q", title="predicted probability", scale=whole, axis=percent)
    y = alt.Y("liked_share:Q", title="share liked", scale=whole, axis=percent)
    points = [
        {
            **row,
            "n": short(row["candidates"]),
            "tenth": row["tenth"] / 10 + 0.05,
            "free": 0.965 if row["tenth"] < 5 else 0.035,  # away from points near the line
        }
        for row in rows
    ]
    base = alt.Chart(data(points))
    ideal = alt.Chart(data([{"probability": 0, "liked_share": 0}, {"probability": 1, "liked_share": 1}]))
    shown = dict.fromkeys(("probability", "liked_share", "liked_low", "liked_high"), ".3f")
    tooltip = tooltipped(candidates=",", **shown)
    return sized(
        alt.layer(
            ideal.mark_line(strokeDash=[4, 4], strokeWidth=1, opacity=0.6).encode(x=x, y=y),
            base.mark_rule(strokeWidth=5, opacity=0.35).encode(
                x=x, y=alt.Y("liked_low:Q", title="share liked"), y2="liked_high:Q", tooltip=tooltip
            ),
            base.mark_point(filled=True, size=42, opacity=1).encode(x=x, y=y, tooltip=tooltip),
            base.mark_text(fontSize=9).encode(x="tenth:Q", y="free:Q", text="n:N"),
        ),
        230,
    )


def short(count: int) -> str:
    """Format a count in at most four characters: 999, 1.2k, 12k, 3.4M."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.1f}{letter}" if count < 10 * size else f"{count // size}{letter}"
    return str(count)


def coverage(rows: Rows, level: str) -> AnyChart:
    """Draw shares from rows (column ``level``, source, candidates, share), strongest source first."""
    rank = {source: place for place, source in enumerate(SOURCES)}
    levels = list(dict.fromkeys(row[level] for row in rows))
    bars = [
        {**row, "level": row[level], "series": row["source"], "place": rank[row["source"]]} for row in rows
    ]
    present = [source for source in SOURCES if any(row["source"] == source for row in rows)]
    return sized(
        alt.Chart(data(bars))
        .mark_bar()
        .encode(
            x=alt.X("share:Q", stack="normalize", title="share of values", axis=alt.Axis(format="%")),
            y=alt.Y("level:N", sort=levels, title=None, axis=alt.Axis(ticks=False, domain=False)),
            color=series(SOURCES, present),
            order=alt.Order("place:Q"),
            tooltip=tooltipped("level", "source", candidates=",.0f", share=".1%"),
        ),
        34 * len(levels),
    )


def importances(rows: Rows) -> AnyChart:
    """Draw one model's feature importances from rows (feature, importance), largest first."""
    return _bars(rows, "feature", "importance", "importance", tooltipped("feature", importance=".4f"))


def _bars(
    rows: Rows,
    name: str,
    value: str,
    title: str,
    tooltip: list[alt.Tooltip],
    names: Sequence[str] = (),
) -> AnyChart:
    """Draw horizontal bars in the order of the rows, coloured by ``series`` if ``names`` are given."""
    encoding: dict[str, Any] = {
        "x": alt.X(f"{value}:Q", title=title),
        "y": alt.Y(
            f"{name}:N",
            sort=[row[name] for row in rows],
            title=None,
            axis=alt.Axis(ticks=False, domain=False),
        ),
        "tooltip": tooltip,
    }
    if names:
        encoding["color"] = series(names)
    return sized(alt.Chart(data(rows)).mark_bar(cornerRadiusEnd=2).encode(**encoding), 19 * len(rows))


def correlation(rows: Rows, order: Sequence[str]) -> AnyChart:
    """Draw a heat map from rows (model, other_model, correlation), with models in the given order."""
    slanted = alt.Axis(labelAngle=-45, labelOverlap=False, ticks=False, domain=False)
    x = alt.X("other_model:N", title=None, sort=list(order), axis=slanted)
    y = alt.Y("model:N", title=None, sort=list(order), axis=alt.Axis(ticks=False, domain=False))
    tooltip = tooltipped("model", "other_model", correlation=".3f")
    return _heatmap(rows, x, y, "correlation", ".2f", tooltip, [0, 1])


def ensemble_weights(rows: Rows) -> AnyChart:
    """Draw weights from rows (name, kind, weight, accuracy, origin), largest first."""
    bars = [{**row, "series": row["kind"]} for row in rows]
    tooltip = tooltipped("name", "kind", "origin", weight="+.4f", accuracy=".4f")
    return _bars(bars, "name", "weight", "weight", tooltip, sorted({row["kind"] for row in rows}))


def timings(rows: Rows) -> AnyChart:
    """Draw build times from rows (name, layer, seconds, mebibytes, row_count), slowest first."""
    bars = [{**row, "series": row["layer"]} for row in rows]
    tooltip = tooltipped("name", seconds=".2f", mebibytes=",.0f", row_count=",")
    return _bars(
        bars, "name", "seconds", "seconds", tooltip, list(dict.fromkeys(row["layer"] for row in rows))
    )
