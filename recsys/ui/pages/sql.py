"""The page on which a person asks in SQL."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from recsys.serving import sandbox
from recsys.ui import schema
from recsys.ui.query_plot import plot_of
from recsys.ui.request_context import RequestContext
from recsys.ui.site import Site

EXAMPLE = "select model, accuracy, auc, published_accuracy\nfrom marts.leaderboard\norder by accuracy desc"
FORMS = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
LONGEST_LINK = 8000  # characters of a query that an address can hold
LINKS = {  # columns that hold ids of the warehouse, and what these are of
    **dict.fromkeys(("item_id", "track_id", "album_id", "artist_id", "genre_id"), "item"),
    **dict.fromkeys(("item_i", "item_j"), "item"),
    "user_id": "user",
}


class Querying:
    def __init__(self, site: Site, limits: sandbox.Limits) -> None:
        self.site, self.limits = site, limits
        self.querying = threading.Lock()  # one query at a time is enough for a person: it takes an engine

    async def sql(self, request: Request) -> Response:
        """The page; a query in the address runs, unless another site's page has led here."""
        if request.method != "POST":
            text = request.query_params.get("query", "")
            is_own = request.headers.get("sec-fetch-site", "none") in ("none", "same-origin")
            return await run_in_threadpool(self._answer, request, text or EXAMPLE, bool(text) and is_own)
        body = (await request.body()).decode("utf-8", errors="replace")
        try:
            text = parse_qs(body, max_num_fields=4).get("query", [""])[0]
        except ValueError:
            raise HTTPException(400, "The form has more fields than this page's.") from None
        return await run_in_threadpool(self._answer, request, text, True)

    def _answer(self, request: Request, text: str, runs: bool) -> Response:
        answer, refusal, plot = None, None, None
        if runs:
            try:
                with self.querying:
                    answer = sandbox.run(self.site.warehouse, text, self.limits)
                plot = plot_of(answer, request.query_params.get("x"), request.query_params.get("y"))
            except sandbox.QueryRefusedError as error:
                refusal = str(error)
        with self.site.open() as visit:
            return self.site.page(
                request,
                "sql.html",
                status=400 if refusal else 200,
                query=text,
                answer=answer,
                links=[LINKS.get(column) for column in answer.columns] if answer else [],
                plot=plot,
                refusal=refusal,
                permalink=f"/sql?{urlencode({'query': text})}" if len(text) <= LONGEST_LINK else None,
                layers=schema.relations(visit),
                promises=schema.PROMISES,
                examples=_examples(visit),
                limits=self.limits,
            )

    def download(self, request: Request) -> Response:
        """The whole result of a query as a file."""
        form, text = (request.query_params.get(name, "") for name in ("form", "query"))
        if form not in FORMS:
            raise HTTPException(400, f"form: expected one of {', '.join(FORMS)}")
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise HTTPException(403, "A download begins on the page of its query.")
        try:
            with self.querying:
                content = sandbox.download(self.site.warehouse, text, self.limits, form)
        except sandbox.QueryRefusedError as error:
            raise HTTPException(400, str(error)) from None
        headers = {"content-disposition": f'attachment; filename="result.{form}"'}
        return Response(content, media_type=FORMS[form], headers=headers)

    def words(self, visit: RequestContext, request: Request) -> Response:
        """What the editor completes."""
        return JSONResponse(schema.words(visit))


def _examples(visit: RequestContext) -> Sequence[Mapping[str, str]]:
    return visit.snapshot.fact("examples", lambda: _made_examples(visit))


def _made_examples(visit: RequestContext) -> Sequence[Mapping[str, str]]:
    """Queries to begin with, about users and items that these data have."""
    user = visit.value("from marts.user_activity order by rating_count desc, user_id limit 1") or 1
    track = visit.value("select track_id from features.popular_tracks limit 1") or 1
    texts = {
        "The leaderboard": EXAMPLE,
        "How ratings are spread": "select rating, share\nfrom marts.rating_histogram\norder by rating",
        "What divides people": (
            "select item_id, count(*) as ratings, avg(rating) as mean, stddev(rating) as spread\n"
            "from staging.ratings\ngroup by item_id\nhaving ratings >= 50\norder by spread desc\nlimit 20"
        ),
        "Activity and generosity": (
            "select rating_count, rating_mean\nfrom marts.user_activity\nusing sample 200 rows (reservoir, 1)"
        ),
        "A list for a user": f"from recommend({user}, 10)",
        "Why, step by step": f"from waterfall({user}, {track})",
        "What goes with a track": f"from similar({track}, 10)",
        "What the last build did": (
            "select name, row_count, seconds\nfrom marts.build\nwhere seconds is not null\n"
            "order by seconds desc\nlimit 20"
        ),
    }
    return [
        {"title": title, "url": f"/sql?{urlencode({'query': text})}", "text": text}
        for title, text in texts.items()
    ]
