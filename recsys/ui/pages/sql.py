"""Page for SQL queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from recsys.serving import sandbox
from recsys.ui import schema
from recsys.ui.column_summaries import column_summaries
from recsys.ui.query_plot import plot_of
from recsys.ui.request_context import RequestContext
from recsys.ui.site import Site, one_of

EXAMPLE = "select model, ndcg, recall, coverage\nfrom marts.list_leaderboard\norder by ndcg desc"
OF_TEST_ITEMS = (
    "select model, accuracy, auc, published_accuracy\nfrom marts.leaderboard\norder by accuracy desc"
)
FORMS = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
LONGEST_LINK = 8000  # longest query in a URL
LONGEST_COLUMN = 5  # digits
LINKS = {  # columns with ids of the warehouse
    **dict.fromkeys(("item_id", "track_id", "album_id", "artist_id", "genre_id"), "item"),
    **dict.fromkeys(("item_i", "item_j"), "item"),
    "user_id": "user",
}


VIEWS = ("rows", "columns", "plot")


@dataclass(frozen=True)
class Asked:
    """Hold a query and how its result is shown, as in the address of the page."""

    text: str
    view: str = "rows"
    order: sandbox.Order | None = None

    @classmethod
    def of(cls, request: Request) -> Asked:
        """Read the address of a request; a view or a column that is unknown is the default."""
        given = request.query_params
        view = given.get("view", VIEWS[0])
        column = given.get("sort", "")
        is_column = column.isascii() and column.isdigit() and len(column) < LONGEST_COLUMN
        order = sandbox.Order(int(column), "desc" in given) if is_column else None
        return cls(given.get("query", ""), view if view in VIEWS else VIEWS[0], order)

    @property
    def link(self) -> str | None:
        """Return the address of the query; None for one too long for an address."""
        return f"/sql?{urlencode({'query': self.text})}" if len(self.text) <= LONGEST_LINK else None

    def sorting(self, column: int) -> str | None:
        """Return the address of the result sorted by a column, the other way round where it is already."""
        again = self.order == sandbox.Order(column)
        return self.link and f"{self.link}&sort={column}{'&desc=1' if again else ''}"

    def sorted_by(self, column: int) -> str | None:
        """Return the ARIA sort state of a column."""
        if self.order is None or self.order.column != column:
            return None
        return "descending" if self.order.is_descending else "ascending"


class SqlPage:
    """Run queries in a sandbox and render their results."""

    def __init__(self, site: Site, limits: sandbox.Limits) -> None:
        self.site, self.limits = site, limits
        self.sandbox = sandbox.Sandbox(site.warehouse, limits)

    async def sql(self, request: Request) -> Response:
        """Render the page, and run a query in the address unless another site linked to it."""
        if request.method != "POST":
            asked = Asked.of(request)
            is_own = request.headers.get("sec-fetch-site", "none") in ("none", "same-origin")
            return await run_in_threadpool(self._answer, request, asked, bool(asked.text) and is_own)
        body = (await request.body()).decode("utf-8", errors="replace")
        try:
            text = parse_qs(body, max_num_fields=4).get("query", [""])[0]
        except ValueError:
            raise HTTPException(400, "The form has too many fields.") from None
        return await run_in_threadpool(self._answer, request, Asked(text), True)

    def _answer(self, request: Request, asked: Asked, runs: bool) -> Response:
        answer, refusal = None, None
        if runs:
            try:
                is_summary = asked.view == "columns"
                answer = (
                    self.sandbox.summary(asked.text)
                    if is_summary
                    else self.sandbox.run(asked.text, asked.order)
                )
            except sandbox.QueryRefusedError as error:
                refusal = str(error)
        is_plot = answer is not None and asked.view == "plot"
        given = request.query_params
        with self.site.open() as context:
            page = self.site.page(
                request,
                "sql.html",
                status=400 if refusal else 200,
                query=asked.text or EXAMPLE,
                asked=asked,
                views=VIEWS,
                answer=answer,
                summary=column_summaries(answer) if answer and asked.view == "columns" else [],
                links=[LINKS.get(column) for column in answer.columns] if answer else [],
                plot=plot_of(answer, given.get("x"), given.get("y")) if is_plot and answer else None,
                refusal=refusal,
                layers=schema.relations(context),
                examples=_examples(context),
                limits=self.limits,
            )
        page.background = BackgroundTask(self.sandbox.prepare)
        return page

    def relations(self, context: RequestContext, request: Request) -> Response:
        """Render the relations of a layer, which the page loads when a reader opens the layer."""
        found = schema.relations(context)
        layer = one_of("layer", request.path_params["layer"], [*found])
        return self.site.page(
            request,
            "sql_relations.html",
            layer=layer,
            relations=found[layer],
            header_keys=schema.HEADER_KEYS,
        )

    def download(self, request: Request) -> Response:
        """Return the whole result of a query as a file."""
        form, text = (request.query_params.get(name, "") for name in ("form", "query"))
        if form not in FORMS:
            raise HTTPException(400, f"form must be one of {', '.join(FORMS)}.")
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise HTTPException(403, "Start the download from the page of the query.")
        try:
            content = self.sandbox.download(text, form)
        except sandbox.QueryRefusedError as error:
            raise HTTPException(400, str(error)) from None
        headers = {"content-disposition": f'attachment; filename="result.{form}"'}
        prepare = BackgroundTask(self.sandbox.prepare)
        return Response(content, media_type=FORMS[form], headers=headers, background=prepare)

    def words(self, context: RequestContext, request: Request) -> Response:
        """Return the completions of the editor."""
        return JSONResponse(schema.words(context))


def _examples(context: RequestContext) -> Sequence[Mapping[str, str]]:
    return context.snapshot.fact("examples", lambda: _new_examples(context))


def _new_examples(context: RequestContext) -> Sequence[Mapping[str, str]]:
    """Return example queries with users and items of this data."""
    user = context.value("from marts.user_activity order by rating_count desc, user_id limit 1") or 1
    track = context.value("select item_id from lists.items order by like_count desc, item_id limit 1") or 1
    words = context.words()
    texts = {
        "Leaderboard of lists": EXAMPLE,
        **({"Leaderboard of test items": OF_TEST_ITEMS} if context.test_users() else {}),
        "Recommend to a user": f"select rank, name, score, reason\nfrom recommend({user}, 10)",
        f"How the score of a {words.noun} is calculated": (
            f"select evidence, weight, contribution\nfrom explain({user}, {track})"
        ),
        f"Similar {words.many}": f"from similar({track}, 10)",
        f"Most controversial {words.many}": (
            "select name, count(*) as ratings, avg(value) as mean,\n  stddev(value) as spread\n"
            "from staging.ratings\njoin marts.item_facts using (item_id)\n"
            "group by all\nhaving ratings >= 50\norder by spread desc\nlimit 20"
        ),
        f"Distribution of {words.interaction}s": (
            "select value, share\nfrom marts.rating_histogram\norder by value"
        ),
        "Mean rating by number of ratings": (
            "select rating_count, rating_mean\nfrom marts.user_activity\nusing sample 200 rows (reservoir, 1)"
        ),
        "Slowest steps of the build": (
            "select name, row_count, seconds\nfrom marts.build\nwhere seconds is not null\n"
            "order by seconds desc\nlimit 20"
        ),
    }
    return [
        {"title": title, "url": f"/sql?{urlencode({'query': text})}", "text": text}
        for title, text in texts.items()
    ]
