"""The charts of the report: rows of a mart in, an Altair chart out. Colours come from the page's theme."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt

Rows = Sequence[Mapping[str, Any]]
AnyChart = alt.Chart | alt.LayerChart | alt.FacetChart

OURS, PUBLISHED, REAL = "this warehouse", "published", "the real data"
SOURCES = ("direct", "sibling", "als", "prior", "global")
ENTITIES = ("user", "track", "album", "artist", "genre")


def _data(rows: Iterable[Mapping[str, Any]]) -> alt.InlineData:
    return alt.InlineData(values=[dict(row) for row in rows])


def _sized(chart: AnyChart, height: float) -> AnyChart:
    """As wide as the page lets it; the height, in pixels, is that of the plot inside its axes."""
    fit = alt.AutoSizeParams(type="fit-x", contains="padding")
    return chart.properties(width="container", height=height, autosize=fit)


def _series(names: Sequence[str], title: str | None = None) -> alt.Color:
    """Colours for the field ``series``, always in this order, whichever of the names occur."""
    return alt.Color("series:N", title=title, scale=alt.Scale(domain=list(names)))


def leaderboard(rows: Rows) -> AnyChart:
    """``rows``: model, accuracy, low, high, published_accuracy (or None), the best first."""
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
    ours, shown = _data(row for row in points if row["series"] == OURS), _shown(points)
    interval = alt.Chart(ours).mark_rule(strokeWidth=6, opacity=0.3)
    marks = alt.Chart(_data(points)).mark_point(filled=True, size=75, opacity=1)
    return _sized(
        alt.layer(
            interval.encode(
                x=alt.X("low:Q", title="accuracy"),
                x2="high:Q",
                y=y,
                tooltip=_tooltip("model", low=".4f", high=".4f"),
            ),
            marks.encode(
                x=x,
                y=y,
                color=_series(shown),
                shape=alt.Shape(
                    "series:N",
                    title=None,
                    scale=alt.Scale(domain=shown, range=["circle", "diamond"][: len(shown)]),
                ),
                tooltip=_tooltip("model", "series", accuracy=".4f"),
            ),
        ),
        23 * len(rows),
    )


def _shown(points: Rows) -> list[str]:
    """What the legend explains: the series that have a point."""
    return [OURS, PUBLISHED] if any(point["series"] == PUBLISHED for point in points) else [OURS]


def _tooltip(*names: str, **formats: str) -> list[alt.Tooltip]:
    texts = [alt.Tooltip(name, type="nominal", title=name.replace("_", " ")) for name in names]
    numbers = [
        alt.Tooltip(name, type="quantitative", format=shape, title=name.replace("_", " "))
        for name, shape in formats.items()
    ]
    return [*texts, *numbers]


def rating_histogram(rows: Rows, real: Sequence[tuple[int, float]]) -> AnyChart:
    """``rows``: rating, ratings, share; ``real``: pairs of a rating and its share."""
    ours = alt.Chart(_data({**row, "series": OURS} for row in rows)).mark_bar(size=3)
    theirs = alt.Chart(_data({"rating": r, "share": share, "series": REAL} for r, share in real))
    x = alt.X("rating:Q", title="rating", scale=alt.Scale(domain=[0, 100], nice=False, padding=8))
    y = alt.Y("share:Q", title="share of ratings", axis=alt.Axis(format="%"))
    color = _series((OURS, REAL))
    tooltip = _tooltip("series", rating=".0f", share=".2%")
    return _sized(
        alt.layer(
            ours.encode(x=x, y=y, color=color, tooltip=tooltip),
            theirs.mark_point(shape="diamond", filled=True, size=55, opacity=1).encode(
                x=x, y=y, color=color, tooltip=tooltip
            ),
        ),
        210,
    )


def rating_counts(rows: Rows) -> AnyChart:
    """``rows``: entity, at_least, entities, on logarithmic axes."""
    chart = alt.Chart(_data({**row, "series": row["entity"]} for row in rows)).mark_line(strokeWidth=1.8)
    log = alt.Scale(type="log", nice=False)
    return _sized(
        chart.encode(
            x=alt.X("at_least:Q", title="ratings, at least", scale=log, axis=_decades()),
            y=alt.Y("entities:Q", title="users or items", scale=log, axis=_decades()),
            color=_series(ENTITIES),
            tooltip=_tooltip("entity"),
        ),
        260,
    )


def _decades() -> alt.Axis:
    """Ticks at powers of ten alone, written short: 1, 10, 100, 1k."""
    return alt.Axis(values=[10**power for power in range(8)], format="~s")


def mean_by_activity(rows: Rows, real: Sequence[tuple[int, float]]) -> AnyChart:
    """``rows``: rating_count, rating_mean, users; ``real``: pairs of a number of ratings and the mean."""
    ours = alt.Chart(_data({**row, "series": OURS} for row in rows))
    theirs = alt.Chart(_data({"rating_count": n, "rating_mean": mean, "series": REAL} for n, mean in real))
    log = alt.Scale(type="log", nice=False, padding=6)
    x = alt.X("rating_count:Q", title="ratings of the user", scale=log, axis=_decades())
    y = alt.Y("rating_mean:Q", title="mean rating", scale=alt.Scale(domain=[0, 100]))
    place = {"x": x, "y": y, "color": _series((OURS, REAL))}
    shown = {"rating_count": ",.0f", "rating_mean": ".1f"}
    return _sized(
        alt.layer(
            ours.mark_line().encode(**place),
            ours.mark_point(filled=True, opacity=1).encode(
                **place, tooltip=_tooltip("series", **shown, users=",.0f")
            ),
            theirs.mark_point(shape="diamond", filled=True, size=70, opacity=1).encode(
                **place, tooltip=_tooltip("series", **shown)
            ),
        ),
        260,
    )


def accuracy_by_activity(rows: Rows, order: Sequence[str]) -> AnyChart:
    """``rows``: model, activity, users, accuracy; ``order`` of the models."""
    starts = sorted({row["activity"] for row in rows})
    labels = {start: _class_label(start, starts) for start in starts}
    cells = [{**row, "class": labels[row["activity"]]} for row in rows]
    x = alt.X("class:O", sort=[labels[start] for start in starts], title="ratings of the user", axis=_flat())
    y = alt.Y("model:N", sort=list(order), title=None, axis=alt.Axis(ticks=False, domain=False))
    return _heatmap(
        cells, x, y, "accuracy", ".3f", _tooltip("model", "class", users=",.0f", accuracy=".4f"), [0.5, 1.0]
    )


def _class_label(start: int, starts: Sequence[int]) -> str:
    following = [other for other in starts if other > start]
    return f"{start:,} to {min(following) - 1:,}" if following else f"{start:,}+"


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
    """A row of cells for each ``model``, with their numbers: the theme's scale is pale enough for its ink."""
    base = alt.Chart(_data(cells)).encode(x=x, y=y, tooltip=tooltip)
    color = alt.Color(f"{value}:Q", legend=None, scale=alt.Scale(domain=list(domain), clamp=True))
    return _sized(
        alt.layer(
            base.mark_rect().encode(color=color),
            base.mark_text(fontSize=10).encode(text=alt.Text(f"{value}:Q", format=shape)),
        ),
        22 * len({cell["model"] for cell in cells}),
    )


def accuracy_by_levels(rows: Rows) -> AnyChart:
    """``rows``: rated_levels, candidates, accuracy, liked_share."""
    names = ("predicted right", "liked")
    points = [
        {**row, "series": name, "share": row[field]}
        for row in rows
        for name, field in zip(names, ("accuracy", "liked_share"), strict=True)
    ]
    chart = alt.Chart(_data(points)).mark_bar(cornerRadiusEnd=2)
    return _sized(
        chart.encode(
            x=alt.X("rated_levels:O", title="levels that the user rated", axis=_flat()),
            xOffset=alt.XOffset("series:N", sort=list(names)),
            y=alt.Y(
                "share:Q",
                title="share of candidates",
                axis=alt.Axis(format="%"),
                scale=alt.Scale(domain=[0, 1]),
            ),
            color=_series(names),
            tooltip=_tooltip("series", "rated_levels", share=".1%", candidates=",.0f"),
        ),
        240,
    )


def coverage(rows: Rows, level: str) -> AnyChart:
    """``rows``: the column that ``level`` names, source, candidates, share; the strongest source first."""
    rank = {source: place for place, source in enumerate(SOURCES)}
    levels = list(dict.fromkeys(row[level] for row in rows))
    bars = [
        {**row, "level": row[level], "series": row["source"], "place": rank[row["source"]]} for row in rows
    ]
    present = [source for source in SOURCES if any(row["source"] == source for row in rows)]
    return _sized(
        alt.Chart(_data(bars))
        .mark_bar()
        .encode(
            x=alt.X("share:Q", stack="normalize", title="share of look-ups", axis=alt.Axis(format="%")),
            y=alt.Y("level:N", sort=levels, title=None, axis=alt.Axis(ticks=False, domain=False)),
            color=_series(present),
            order=alt.Order("place:Q"),
            tooltip=_tooltip("level", "source", candidates=",.0f", share=".1%"),
        ),
        34 * len(levels),
    )


def lift(rows: Rows) -> AnyChart:
    """``rows``: model, previous_model, lift, low, high, published_lift (or None), gained, lost, in order."""
    y = alt.Y(
        "model:N",
        sort=[row["model"] for row in rows],
        title=None,
        axis=alt.Axis(ticks=False, domain=False, grid=True),
    )
    ours = alt.Chart(_data({**row, "series": OURS} for row in rows)).encode(y=y)
    published = [
        {"model": row["model"], "lift": row["published_lift"], "series": PUBLISHED}
        for row in rows
        if row["published_lift"] is not None
    ]
    x = alt.X("lift:Q", title="accuracy, less that of the model before", axis=alt.Axis(format="+.2f"))
    color = _series([OURS, PUBLISHED] if published else [OURS])
    tooltip = _tooltip("model", "previous_model", lift="+.4f", low="+.4f", high="+.4f", gained=",", lost=",")
    return _sized(
        alt.layer(
            ours.mark_bar(height=11, opacity=0.75).encode(x=x, color=color, tooltip=tooltip),
            ours.mark_rule(strokeWidth=1.5, style="whisker").encode(
                x=alt.X("low:Q", title=x["title"]), x2="high:Q"
            ),
            alt.Chart(_data(published))
            .mark_point(shape="diamond", filled=True, size=65, opacity=1)
            .encode(x=x, y=y, color=color, tooltip=_tooltip("model", "series", lift="+.3f")),
        ),
        23 * len(rows),
    )


def importances(rows: Rows) -> AnyChart:
    """``rows``: feature, importance, of one model, the most important first."""
    return _bars(rows, "feature", "importance", "importance", _tooltip("feature", importance=".4f"))


def _bars(
    rows: Rows,
    name: str,
    value: str,
    title: str,
    tooltip: list[alt.Tooltip],
    series: Sequence[str] = (),
) -> AnyChart:
    """Horizontal bars in the order of the rows, coloured by the field ``series`` where it is given."""
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
    if series:
        encoding["color"] = _series(series)
    return _sized(alt.Chart(_data(rows)).mark_bar(cornerRadiusEnd=2).encode(**encoding), 19 * len(rows))


def correlation(rows: Rows, order: Sequence[str]) -> AnyChart:
    """``rows``: model, other_model, correlation; ``order`` of the models."""
    slanted = alt.Axis(labelAngle=-45, labelOverlap=False, ticks=False, domain=False)
    x = alt.X("other_model:N", title=None, sort=list(order), axis=slanted)
    y = alt.Y("model:N", title=None, sort=list(order), axis=alt.Axis(ticks=False, domain=False))
    tooltip = _tooltip("model", "other_model", correlation=".3f")
    return _heatmap(rows, x, y, "correlation", ".2f", tooltip, [0, 1])


def ensemble_weights(rows: Rows) -> AnyChart:
    """``rows``: name, kind, weight, accuracy, origin, the largest first."""
    bars = [{**row, "series": row["kind"]} for row in rows]
    tooltip = _tooltip("name", "kind", "origin", weight="+.4f", accuracy=".4f")
    return _bars(bars, "name", "weight", "weight", tooltip, sorted({row["kind"] for row in rows}))


def timings(rows: Rows) -> AnyChart:
    """``rows``: name, layer, seconds, mebibytes, row_count, the slowest first."""
    bars = [{**row, "series": row["layer"]} for row in rows]
    tooltip = _tooltip("name", seconds=".2f", mebibytes=",.0f", row_count=",")
    return _bars(
        bars, "name", "seconds", "seconds", tooltip, list(dict.fromkeys(row["layer"] for row in rows))
    )
