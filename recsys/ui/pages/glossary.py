"""Page of the terms that the explorer uses."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from recsys.ui import glossary
from recsys.ui.site import Site


class GlossaryPage:
    """Render the glossary, which needs no warehouse."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def page(self, request: Request) -> Response:
        """Render all terms by section."""
        return self.site.page(
            request,
            "glossary.html",
            sections=glossary.sections(),
            anchor=glossary.anchor,
            with_code=glossary.with_code,
        )
