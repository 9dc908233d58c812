"""HTTP rules for every answer (RFC 9110): statuses, Allow, and conditional requests."""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from recsys.errors import UnknownIdError, UsageError, WarehouseError

TAG = re.compile(r'\s*(?:(?P<any>\*)|(?:W/)?(?P<tag>"[^"]*"))\s*(?:,|$)')
READ_ONLY = "GET, HEAD"


def status_of(error: Exception) -> int:
    """Return the status of an error: the client's fault is 4xx, a warehouse that cannot answer is 503."""
    if isinstance(error, HTTPException):
        return error.status_code
    if isinstance(error, UnknownIdError):
        return 404
    return 400 if isinstance(error, UsageError) and not isinstance(error, WarehouseError) else 503


def headers_of(error: Exception) -> dict[str, str]:
    """Return the headers that go with an error: of 405 the methods that are allowed."""
    headers = dict(getattr(error, "headers", None) or {})
    if status_of(error) == 405:
        headers.setdefault("Allow", READ_ONLY)
    return headers


def is_held(conditions: Iterable[str], etag: str, exists: bool = True) -> bool:
    """Return whether the client has a representation already.

    Parameters
    ----------
    conditions : iterable of str
        The values of the header ``If-None-Match``.
    etag : str
        The tag of the representation, in quotes. Tags are compared weakly, as section 13.1.2 asks.
    exists : bool, default True
        Whether there is a representation, which ``*`` stands for.
    """
    text = ",".join(conditions)
    found = list(TAG.finditer(text))
    weak = etag.removeprefix("W/")
    return any(one["tag"] == weak or (exists and one["any"] is not None) for one in found)


class Files(StaticFiles):
    """Static files whose conditional requests are answered as those of pages."""

    def is_not_modified(self, response_headers: Headers, request_headers: Headers) -> bool:
        """Return whether the client has the file: tags go before dates, as section 13.1.3 asks."""
        conditions = request_headers.getlist("if-none-match")
        if conditions:
            return is_held(conditions, response_headers["etag"])
        return super().is_not_modified(response_headers, request_headers)
