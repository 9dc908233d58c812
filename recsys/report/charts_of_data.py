"""Altair charts of the data, each from the rows of a relation."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from recsys.report.charts import AnyChart, Rows, data, series, sized, tooltipped

OURS, REAL = "this warehouse", "the real data"
ENTITIES = ("user", "track", "album", "artist", "genre")


def rating_histogram(rows: Rows, real: Sequence[tuple[int, float]]) -> AnyChart:
    """Draw ratings from rows (rating, ratings, share); ``real`` are pairs of rating and share."""
    ours = alt.Chart(data({**row, "series": OURS} for row in rows)).mark_bar(size=3)
    theirs = alt.Chart(data({"rating": r, "share": share, "series": REAL} for r, share in real))
    x = alt.X("rating:Q", title="rating", scale=alt.Scale(domain=[0, 100], nice=False, padding=8))
    y = alt.Y("share:Q", title="share of ratings", axis=alt.Axis(format="%"))
    color = series((OURS, REAL), [OURS, REAL] if real else [OURS])
    tooltip = tooltipped("series", rating=".0f", share=".2%")
    return sized(
        alt.layer(
            ours.encode(x=x, y=y, color=color, tooltip=tooltip),
            theirs.mark_point(shape="diamond", filled=True, size=55, opacity=1).encode(
                x=x, y=y, color=color, tooltip=tooltip
            ),
        ),
        210,
    )


def rating_counts(rows: Rows) -> AnyChart:
    """Draw rating counts on logarithmic axes, from rows (entity, at_least, entities)."""
    chart = alt.Chart(data({**row, "series": row["entity"]} for row in rows)).mark_line(strokeWidth=1.8)
    log = alt.Scale(type="log", nice=False)
    return sized(
        chart.encode(
            x=alt.X("at_least:Q", title="number of ratings (at least)", scale=log, axis=_decades()),
            y=alt.Y("entities:Q", title="users or items", scale=log, axis=_decades()),
            color=series(ENTITIES),
            tooltip=tooltipped("entity"),
        ),
        260,
    )


def _decades() -> alt.Axis:
    """Return an axis with ticks at powers of ten: 1, 10, 100, 1k."""
    return alt.Axis(values=[10**power for power in range(8)], format="~s")


def mean_by_activity(rows: Rows, real: Sequence[tuple[int, float]]) -> AnyChart:
    """Draw means from rows (rating_count, rating_mean, users); ``real`` are pairs of count and mean."""
    ours = alt.Chart(data({**row, "series": OURS} for row in rows))
    theirs = alt.Chart(data({"rating_count": n, "rating_mean": mean, "series": REAL} for n, mean in real))
    log = alt.Scale(type="log", nice=False, padding=6)
    x = alt.X("rating_count:Q", title="number of ratings of the user", scale=log, axis=_decades())
    y = alt.Y("rating_mean:Q", title="mean rating", scale=alt.Scale(domain=[0, 100]))
    place = {"x": x, "y": y, "color": series((OURS, REAL), [OURS, REAL] if real else [OURS])}
    shown = {"rating_count": ",.0f", "rating_mean": ".1f"}
    return sized(
        alt.layer(
            ours.mark_line().encode(**place),
            ours.mark_point(filled=True, opacity=1).encode(
                **place, tooltip=tooltipped("series", **shown, users=",.0f")
            ),
            theirs.mark_point(shape="diamond", filled=True, size=70, opacity=1).encode(
                **place, tooltip=tooltipped("series", **shown)
            ),
        ),
        260,
    )
