"""The charts about the data: rows of a mart in, an Altair chart out."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from recsys.report.charts import AnyChart, Rows, data, series, sized, tooltipped

OURS, REAL = "this warehouse", "the real data"
ENTITIES = ("user", "track", "album", "artist", "genre")


def rating_histogram(rows: Rows, real: Sequence[tuple[int, float]]) -> AnyChart:
    """``rows``: rating, ratings, share; ``real``: pairs of a rating and its share."""
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
    """``rows``: entity, at_least, entities, on logarithmic axes."""
    chart = alt.Chart(data({**row, "series": row["entity"]} for row in rows)).mark_line(strokeWidth=1.8)
    log = alt.Scale(type="log", nice=False)
    return sized(
        chart.encode(
            x=alt.X("at_least:Q", title="ratings, at least", scale=log, axis=_decades()),
            y=alt.Y("entities:Q", title="users or items", scale=log, axis=_decades()),
            color=series(ENTITIES),
            tooltip=tooltipped("entity"),
        ),
        260,
    )


def _decades() -> alt.Axis:
    """Ticks at powers of ten alone, written short: 1, 10, 100, 1k."""
    return alt.Axis(values=[10**power for power in range(8)], format="~s")


def mean_by_activity(rows: Rows, real: Sequence[tuple[int, float]]) -> AnyChart:
    """``rows``: rating_count, rating_mean, users; ``real``: pairs of a number of ratings and the mean."""
    ours = alt.Chart(data({**row, "series": OURS} for row in rows))
    theirs = alt.Chart(data({"rating_count": n, "rating_mean": mean, "series": REAL} for n, mean in real))
    log = alt.Scale(type="log", nice=False, padding=6)
    x = alt.X("rating_count:Q", title="ratings of the user", scale=log, axis=_decades())
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
