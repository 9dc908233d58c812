"""The page on which a person asks in SQL."""

from __future__ import annotations

import threading
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from recsys.ui import sandbox
from recsys.ui.site import Site

EXAMPLE = "select model, accuracy, auc, published_accuracy\nfrom marts.leaderboard"


class Querying:
    def __init__(self, site: Site, limits: sandbox.Limits) -> None:
        self.site, self.limits = site, limits
        self.querying = threading.Lock()  # one query at a time is enough for a person: it takes an engine

    async def sql(self, request: Request) -> Response:
        if request.method != "POST":
            return await run_in_threadpool(self._answer, request, EXAMPLE, False)
        body = (await request.body()).decode("utf-8", errors="replace")
        try:
            text = parse_qs(body, max_num_fields=4).get("query", [""])[0]
        except ValueError:
            raise HTTPException(400, "The form has more fields than this page's.") from None
        return await run_in_threadpool(self._answer, request, text, True)

    def _answer(self, request: Request, text: str, runs: bool) -> Response:
        answer, refusal = None, None
        if runs:
            try:
                with self.querying:
                    answer = sandbox.run(self.site.warehouse, text, self.limits)
            except sandbox.QueryRefusedError as error:
                refusal = str(error)
        with self.site.open() as visit:
            relations = visit.rows(
                "select table_schema || '.' || table_name as relation, "
                "string_agg(column_name, ', ' order by ordinal_position) as columns "
                "from information_schema.columns where table_schema <> 'main' "
                "group by relation order by relation"
            )
        return self.site.page(
            request,
            "sql.html",
            status=400 if refusal else 200,
            query=text,
            answer=answer,
            refusal=refusal,
            relations=relations,
            limits=self.limits,
        )
