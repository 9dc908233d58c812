"""A model: what it is, how good it is for whom, and where it differs from another one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from recsys.ui.request_context import RequestContext, Row
from recsys.ui.schema import header_of
from recsys.ui.site import Site, one_of, text_of

MOST_FEATURES = 10


class Models:
    def __init__(self, site: Site) -> None:
        self.site = site

    def model(self, visit: RequestContext, request: Request) -> Response:
        model = one_of("model", text_of(request, "model"), visit.models())
        leaderboard = visit.leaderboard()
        row = next(row for row in leaderboard if row["model"] == model)
        return self.site.page(
            request,
            "model.html",
            model=model,
            row=row,
            place=leaderboard.index(row) + 1,
            leaderboard=leaderboard,
            header=header_of(f"scores.{model}"),
            by_activity=self._of_model(visit, "marts.accuracy_by_activity", "activity", model),
            importance=self._of_model(visit, "marts.feature_importance", "importance desc, feature", model)[
                :MOST_FEATURES
            ],
            makes_lists=model in visit.list_models(),
        )

    def _of_model(self, visit: RequestContext, relation: str, order: str, model: str) -> list[Row]:
        """The model's rows of a mart, none where a build left it out."""
        if not visit.has(relation):
            return []
        return visit.rows(f"from {relation} where model = $model order by {order}", model=model)
