"""The sections of the report, in their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from recsys.report import describing, judging
from recsys.report.parts import Section
from recsys.report.relations import Relations

SECTIONS: Mapping[str, Callable[[Relations], Section]] = {
    "What lifts accuracy": judging.lift,
    "Leaderboard": judging.leaderboard,
    "Accuracy by user activity": judging.accuracy_by_activity,
    "Accuracy by rated levels": judging.accuracy_by_levels,
    "Calibration": judging.calibration,
    "Fallback coverage": describing.coverage,
    "Feature importances": describing.feature_importances,
    "Correlation of the models": describing.score_correlation,
    "Ensemble weights": describing.ensemble_weights,
    "The data": describing.data_summary,
    "Build timings": describing.timings,
}
