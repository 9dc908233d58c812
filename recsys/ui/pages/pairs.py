"""A user and a track: what every model makes of the pair, and step by step why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from recsys.ui.entities import pair_url
from recsys.ui.request_context import LISTS, RequestContext, Row
from recsys.ui.site import LONGEST, Site, one_of, text_of


class Pairs:
    def __init__(self, site: Site) -> None:
        self.site = site

    def pair(self, visit: RequestContext, request: Request) -> Response:
        user = visit.things.user(text_of(request, "user"))
        track = visit.things.item("track", text_of(request, "track"))
        standing = visit.candidates(user.id, track.id)
        known = [*visit.models(), LISTS]
        facts = visit.model_facts()
        models = [one for one in known if facts[one]["steps"] and (standing or facts[one]["scores_any_pair"])]
        default = models[0] if standing else LISTS
        chosen = one_of("model", request.query_params.get("model") or default, known)
        above = [row for row in visit.relatives(track.id) if row["place"] != "below"]
        rows = self._steps(visit, chosen, user.id, track.id) if chosen in models else []
        return self.site.page(
            request,
            "pair.html",
            user=user,
            track=track,
            chosen=chosen,
            models=models,
            rows=rows,
            is_on_ratings=facts[chosen]["is_on_ratings"],
            standing=_in_order(standing, visit.models()),
            label=next((row["label"] for row in standing), None),
            own=self._own(visit, user.id, track.id),
            above=above,
            things=visit.things.items([row["item_id"] for row in [*rows, *above]]),
            mean=visit.overall_mean(),
        )

    def asked(self, visit: RequestContext, request: Request) -> Response:
        """The form on a track's page: a user's id or name leads to the pair."""
        user, track = (request.query_params.get(name, "").strip()[:LONGEST] for name in ("user", "track"))
        return RedirectResponse(pair_url(visit.things.user(user), visit.things.item("track", track)), 303)

    def _steps(self, visit: RequestContext, model: str, user: int, track: int) -> list[Row]:
        """The steps of one model, which its macro has beside those of others: the rows of ``waterfall``."""
        call = (
            f"from {visit.model_facts()[model]['steps']}($user, $track) where model = $model order by ordinal"
        )
        return visit.about(call, user=user, track=track, model=model)

    def _own(self, visit: RequestContext, user: int, track: int) -> Any:
        """The user's own rating of the track, if there is one."""
        return visit.value(
            "from staging.ratings select rating where user_id = $user and item_id = $track",
            user=user,
            track=track,
        )


def _in_order(standing: Sequence[Row], models: Sequence[str]) -> list[Mapping[str, Any]]:
    found = {row["model"]: row for row in standing}
    return [found[model] for model in models if model in found]
