"""Page for SQL queries."""

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
LONGEST_LINK = 8000  # longest query in a URL
LINKS = {  # columns with ids of the warehouse
    **dict.fromkeys(("item_id", "track_id", "album_id", "artist_id", "genre_id"), "item"),
    **dict.fromkeys(("item_i", "item_j"), "item"),
    "user_id": "user",
}


class SqlPage:
    """Run queries in a sandbox and render their results."""

    def __init__(self, site: Site, limits: sandbox.Limits) -> None:
        self.site, self.limits = site, limits
        self.running = threading.Lock()  # one query at a time

    async def sql(self, request: Request) -> Response:
        """Render the page, and run a query in the address unless another site linked to it."""
        if request.method != "POST":
            text = request.query_params.get("query", "")
            is_own = request.headers.get("sec-fetch-site", "none") in ("none", "same-origin")
            return await run_in_threadpool(self._answer, request, text or EXAMPLE, bool(text) and is_own)
        body = (await request.body()).decode("utf-8", errors="replace")
        try:
            text = parse_qs(body, max_num_fields=4).get("query", [""])[0]
        except ValueError:
            raise HTTPException(400, "The form has too many fields.") from None
        return await run_in_threadpool(self._answer, request, text, True)

    def _answer(self, request: Request, text: str, runs: bool) -> Response:
        answer, refusal, plot = None, None, None
        if runs:
            try:
                with self.running:
                    answer = sandbox.run(self.site.warehouse, text, self.limits)
                plot = plot_of(answer, request.query_params.get("x"), request.query_params.get("y"))
            except sandbox.QueryRefusedError as error:
                refusal = str(error)
        with self.site.open() as context:
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
                layers=schema.relations(context),
                header_keys=schema.HEADER_KEYS,
                examples=_examples(context),
                limits=self.limits,
            )

    def download(self, request: Request) -> Response:
        """Return the whole result of a query as a file."""
        form, text = (request.query_params.get(name, "") for name in ("form", "query"))
        if form not in FORMS:
            raise HTTPException(400, f"form must be one of {', '.join(FORMS)}.")
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise HTTPException(403, "Start the download from the page of the query.")
        try:
            with self.running:
                content = sandbox.download(self.site.warehouse, text, self.limits, form)
        except sandbox.QueryRefusedError as error:
            raise HTTPException(400, str(error)) from None
        headers = {"content-disposition": f'attachment; filename="result.{form}"'}
        return Response(content, media_type=FORMS[form], headers=headers)

    def words(self, context: RequestContext, request: Request) -> Response:
        """Return the completions of the editor."""
        return JSONResponse(schema.words(context))


def _examples(context: RequestContext) -> Sequence[Mapping[str, str]]:
    return context.snapshot.fact("examples", lambda: _new_examples(context))


def _new_examples(context: RequestContext) -> Sequence[Mapping[str, str]]:
    """Return example queries with users and items of this data."""
    user = context.value("from marts.user_activity order by rating_count desc, user_id limit 1") or 1
    track = context.value("select item_id from lists.items order by like_count desc, item_id limit 1") or 1
    texts = {
        "Leaderboard": EXAMPLE,
        "Distribution of ratings": "select rating, share\nfrom marts.rating_histogram\norder by rating",
        "Most controversial items": (
            "select item_id, count(*) as ratings, avg(rating) as mean, stddev(rating) as spread\n"
            "from staging.ratings\ngroup by item_id\nhaving ratings >= 50\norder by spread desc\nlimit 20"
        ),
        "Mean rating by activity": (
            "select rating_count, rating_mean\nfrom marts.user_activity\nusing sample 200 rows (reservoir, 1)"
        ),
        "Recommend to a user": f"from recommend({user}, 10)",
        "Score step by step": f"from waterfall({user}, {track})",
        "Similar items": f"from similar({track}, 10)",
        "Slowest steps of the build": (
            "select name, row_count, seconds\nfrom marts.build\nwhere seconds is not null\n"
            "order by seconds desc\nlimit 20"
        ),
    }
    return [
        {"title": title, "url": f"/sql?{urlencode({'query': text})}", "text": text}
        for title, text in texts.items()
    ]
