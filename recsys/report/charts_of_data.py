"""Altair charts of the data, each from the rows of a relation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from recsys.report.charts import AnyChart, Rows, data, series, sized, tooltipped
from recsys.sources.interactions import Interactions

OURS, REAL = "this warehouse", "the real data"
KINDS = ("album", "artist", "genre")


def rating_histogram(rows: Rows, real: Sequence[tuple[int, float]], scale: Interactions) -> AnyChart:
    """Draw values from rows (value, rating_count, share); ``real`` are pairs of value and share."""
    ours = alt.Chart(data({**row, "series": OURS} for row in rows)).mark_bar(size=3)
    theirs = alt.Chart(data({"value": r, "share": share, "series": REAL} for r, share in real))
    x = alt.X("value:Q", title=_title(scale), scale=_scale(scale, padding=8))
    y = alt.Y("share:Q", title="share of ratings", axis=alt.Axis(format="%"))
    color = series((OURS, REAL), [OURS, REAL] if real else [OURS])
    tooltip = tooltipped("series", value=",.4~g", share=".2%")
    return sized(
        alt.layer(
            ours.encode(x=x, y=y, color=color, tooltip=tooltip),
            theirs.mark_point(shape="diamond", filled=True, size=55, opacity=1).encode(
                x=x, y=y, color=color, tooltip=tooltip
            ),
        ),
        210,
    )


def rating_counts(rows: Rows, noun: str) -> AnyChart:
    """Draw rating counts on logarithmic axes, from rows (entity, at_least, entities)."""
    rows = [{**row, "entity": noun if row["entity"] == "track" else row["entity"]} for row in rows]
    chart = alt.Chart(data({**row, "series": row["entity"]} for row in rows)).mark_line(strokeWidth=1.8)
    log = alt.Scale(type="log", nice=False)
    return sized(
        chart.encode(
            x=alt.X("at_least:Q", title="number of ratings (at least)", scale=log, axis=_decades()),
            y=alt.Y("entities:Q", title="users or items", scale=log, axis=_decades()),
            color=series(("user", noun, *KINDS)),
            tooltip=tooltipped("entity"),
        ),
        260,
    )


def _decades() -> alt.Axis:
    """Return an axis with ticks at powers of ten: 1, 10, 100, 1k."""
    return alt.Axis(values=[10**power for power in range(8)], format="~s")


def _title(scale: Interactions) -> str:
    return "rating" if scale.feedback == "ratings" else "value"


def _scale(scale: Interactions, **more: Any) -> alt.Scale:
    """Return the axis of a rating: from the lowest to the highest, logarithmic for counts."""
    if scale.has_log_scale:
        return alt.Scale(type="symlog", domainMin=0, nice=False, **more)
    return alt.Scale(domain=[scale.value(0), scale.value(100)], nice=False, **more)


def mean_by_activity(rows: Rows, real: Sequence[tuple[int, float]], scale: Interactions) -> AnyChart:
    """Draw means from rows (rating_count, rating_mean, users); ``real`` are pairs of count and mean."""
    ours = alt.Chart(data({**row, "series": OURS} for row in rows))
    theirs = alt.Chart(data({"rating_count": n, "rating_mean": mean, "series": REAL} for n, mean in real))
    log = alt.Scale(type="log", nice=False, padding=6)
    x = alt.X("rating_count:Q", title="number of ratings of the user", scale=log, axis=_decades())
    y = alt.Y("rating_mean:Q", title=f"mean {_title(scale)}", scale=_scale(scale))
    place = {"x": x, "y": y, "color": series((OURS, REAL), [OURS, REAL] if real else [OURS])}
    shown = {"rating_count": ",.0f", "rating_mean": f",.{scale.decimals}f"}
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
