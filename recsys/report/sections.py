"""The sections of the report, in order: lists first, for data in the Cup's format test items first."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from recsys.report import data_sections, model_sections
from recsys.report.elements import Section
from recsys.report.relations import Relations

SECTIONS: Mapping[str, Callable[[Relations], Section]] = {
    "Leaderboard of lists": model_sections.list_leaderboard,
    "What each model adds": model_sections.lift,
    "Leaderboard": model_sections.leaderboard,
    "Accuracy by user activity": model_sections.accuracy_by_activity,
    "Accuracy by rated levels": model_sections.accuracy_by_levels,
    "Calibration": model_sections.calibration,
    "Fallback coverage": data_sections.coverage,
    "Feature importances": data_sections.feature_importances,
    "Correlation of the models": data_sections.score_correlation,
    "Ensemble weights": data_sections.ensemble_weights,
    "The data": data_sections.data_summary,
    "Build timings": data_sections.timings,
}

LISTS, ITEMS = "Leaderboard of lists", "Leaderboard"


def in_order(lists_first: bool) -> Mapping[str, Callable[[Relations], Section]]:
    """Return the sections in order, with that of lists first or after the leaderboard of test items."""
    if lists_first:
        return SECTIONS
    titles = [title for title in SECTIONS if title != LISTS]
    titles.insert(titles.index(ITEMS) + 1, LISTS)
    return {title: SECTIONS[title] for title in titles}
