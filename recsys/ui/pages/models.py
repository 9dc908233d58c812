"""Page of a model: what it computes, its accuracy by user group, and how it differs from others."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from recsys.serving.activity import activity_ranges
from recsys.ui.pages.comparison import LIST_MEASURES
from recsys.ui.request_context import RequestContext, Row
from recsys.ui.schema import header_of
from recsys.ui.site import Site, one_of, text_of

MOST_FEATURES = 10


class Models:
    """Render the pages of models."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def model(self, context: RequestContext, request: Request) -> Response:
        """Render the page of a model of test items; that of a list model is elsewhere."""
        named = text_of(request, "model")
        if named not in context.models() and named in context.list_models():
            return RedirectResponse(f"/lists/{named}", 303)
        model = one_of("model", named, context.models())
        leaderboard = context.leaderboard()
        by_activity = self._of_model(context, "marts.accuracy_by_activity", "activity", model)
        row = next(row for row in leaderboard if row["model"] == model)
        return self.site.page(
            request,
            "model.html",
            model=model,
            row=row,
            place=leaderboard.index(row) + 1,
            leaderboard=leaderboard,
            header=header_of(f"scores.{model}"),
            by_activity=by_activity,
            ranges=activity_ranges([one["activity"] for one in by_activity]),
            importance=self._of_model(context, "marts.feature_importance", "importance desc, feature", model)[
                :MOST_FEATURES
            ],
        )

    def list_model(self, context: RequestContext, request: Request) -> Response:
        """Show a list model: how good its lists are, and what it computes."""
        named = text_of(request, "model")
        if named not in context.list_models() and named in context.models():
            return RedirectResponse(f"/models/{named}", 303)
        model = one_of("model", named, context.list_models())
        leaderboard = context.list_leaderboard()
        return self.site.page(
            request,
            "list_model.html",
            model=model,
            row=next(row for row in leaderboard if row["model"] == model),
            place=[row["model"] for row in leaderboard].index(model) + 1,
            leaderboard=leaderboard,
            measures=LIST_MEASURES,
            header=header_of(f"lists.{model}"),
        )

    def _of_model(self, context: RequestContext, relation: str, order: str, model: str) -> list[Row]:
        """Return the model's rows of a mart, empty where the build left it out."""
        if not context.has(relation):
            return []
        return context.rows(f"from {relation} where model = $model order by {order}", model=model)
