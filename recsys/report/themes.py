"""Colours of the charts for light and dark pages, as Vega-Lite configurations."""

from __future__ import annotations

from typing import Any

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif'


def _theme(ink: str, soft: str, grid: str, category: list[str], heat: list[str]) -> dict[str, Any]:
    """Return the Vega-Lite configuration for one set of colours."""
    axis = {"labelColor": ink, "titleColor": soft, "gridColor": grid, "domainColor": grid, "tickColor": grid}
    return {
        "background": None,
        "font": FONT,
        "view": {"stroke": None},
        "axis": {**axis, "titleFontWeight": "normal", "labelLimit": 190, "labelFontSize": 11},
        "axisX": {"labelOverlap": True, "labelFlush": False, "tickCount": 6, "labelSeparation": 6},
        "legend": {"labelColor": ink, "titleColor": soft, "orient": "top", "columns": 5},
        "scale": {"rectBandPaddingInner": 0.05},
        "style": {"whisker": {"stroke": ink}},
        "rule": {"color": category[0]},
        "mark": {"color": category[0]},
        "text": {"color": ink, "fontSize": 11},
        "range": {"category": category, "heatmap": heat, "ramp": heat},
    }


THEMES = {
    "light": _theme(
        "#17212b",
        "#586675",
        "#dde4ea",
        ["#2563c9", "#d9640d", "#0b8578", "#8250c4", "#b8860b", "#c2356b", "#5b7083", "#3d8b37"],
        ["#f4f7fb", "#7fabf0"],
    ),
    "dark": _theme(
        "#e6ebf0",
        "#9fadbb",
        "#2a343f",
        ["#79aefc", "#ff9d52", "#45c9b8", "#b69cf6", "#e3bf4b", "#f480a9", "#9fb1c2", "#86cf7d"],
        ["#1d252e", "#2f62b5"],
    ),
}
