"""The sections of the report, in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from recsys.report import data_sections, model_sections
from recsys.report.elements import Section
from recsys.report.relations import Relations

SECTIONS: Mapping[str, Callable[[Relations], Section]] = {
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
