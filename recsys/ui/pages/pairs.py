"""Page of a user and a track: every model's score, and how it was calculated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from recsys.ui.entities import pair_url
from recsys.ui.request_context import ExplainedModel, RequestContext, Row
from recsys.ui.site import LONGEST, Site, one_of, text_of


class Pairs:
    """Render the pages of user and track."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def pair(self, context: RequestContext, request: Request) -> Response:
        """Render the page of a user and a track."""
        user = context.entities.user(text_of(request, "user"))
        track = context.entities.item("track", text_of(request, "track"))
        standing = context.candidates(user.id, track.id)
        known = context.explained_models()
        models = [name for name, one in known.items() if one.has_steps and (standing or one.scores_any_pair)]
        of_lists = next((name for name in models if name == context.list_default()), models[0])
        default = next((name for name in models if standing and not known[name].is_list), of_lists)
        chosen = one_of("model", request.query_params.get("model") or default, [*known])
        above = [
            row
            for row in context.relatives(track.id)
            if row["place"] == "itself" or (row["place"] == "above" and row["rating_count"])
        ]
        rows = self._steps(context, known[chosen], user.id, track.id) if chosen in models else []
        if not rows and "model" not in request.query_params:  # the best model with steps
            found = ((name, self._steps(context, known[name], user.id, track.id)) for name in models)
            chosen, rows = next(((name, steps) for name, steps in found if steps), (chosen, []))
        return self.site.page(
            request,
            "pair.html",
            user=user,
            track=track,
            chosen=chosen,
            models=models,
            rows=rows,
            is_list=known[chosen].is_list,
            is_on_ratings=known[chosen].is_on_ratings,
            standing=_in_order(standing, context.models()),
            label=next((row["label"] for row in standing), None),
            has_candidates=bool(context.test_users()),
            own=self._own(context, user.id, track.id),
            above=above,
            entities=context.entities.items([row["item_id"] for row in [*rows, *above]]),
            mean=context.overall_mean(),
            values=context.interactions(),
        )

    def by_form(self, context: RequestContext, request: Request) -> Response:
        """Redirect from the form on a track's page to the page of the pair."""
        user, track = (request.query_params.get(name, "").strip()[:LONGEST] for name in ("user", "track"))
        return RedirectResponse(
            pair_url(context.entities.user(user), context.entities.item("track", track)), 303
        )

    def _steps(self, context: RequestContext, model: ExplainedModel, user: int, track: int) -> list[Row]:
        """Return the steps from the start to the score, as rows of ``waterfall``."""
        if model.is_list:
            with context.recommender() as recommender:
                return _steps_of(recommender.explain(user, track, model.name))
        call = f"from {model.steps}($user, $track) where model = $model order by ordinal"
        return context.about(call, user=user, track=track, model=model.name)

    def _own(self, context: RequestContext, user: int, track: int) -> Any:
        """Return the user's own rating of the track in the owner's words, None without one."""
        value = context.value(
            "from staging.ratings select value where user_id = $user and item_id = $track",
            user=user,
            track=track,
        )
        return None if value is None else context.interactions().words(value)


def _steps_of(rows: Sequence[Row]) -> list[Row]:
    """Return the parts of an explanation as steps; none where the score has no parts."""
    parts = [row for row in rows if row["contribution"] is not None]
    sums = accumulate(row["contribution"] for row in parts)
    return [
        {**row, "amount": row["contribution"], "after": after} for row, after in zip(parts, sums, strict=True)
    ]


def _in_order(standing: Sequence[Row], models: Sequence[str]) -> list[Mapping[str, Any]]:
    found = {row["model"]: row for row in standing}
    return [found[model] for model in models if model in found]
