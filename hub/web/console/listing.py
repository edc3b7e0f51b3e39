"""Lists page by page: what a query asks for, and where the next page begins."""

from __future__ import annotations

import re
from collections.abc import Collection

from hub.store.pages import Page
from hub.web.console.visit import Visit

#: Rows of one page.
PER_PAGE = 50


def page_of(visit: Visit) -> Page:
    """Return which rows a page shows, and one more, which tells whether there are others."""
    after = visit.request.query_params.get("after", "")
    valid = re.fullmatch(r"[0-9a-f]{32}", after)
    return Page(PER_PAGE + 1, after if valid else None, visit.owners)


def asked(visit: Visit, name: str, known: Collection[str]) -> str | None:
    """Return what a list is narrowed to; None for what is no such word."""
    given = visit.request.query_params.get(name, "")
    return given if given in known else None
