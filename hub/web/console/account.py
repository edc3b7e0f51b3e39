"""Who is signed in: roles, who handed them over, and the tokens that prove it."""

from __future__ import annotations

from starlette.responses import Response

from hub.store import people as tokens
from hub.web.console.visit import Visit


async def show(visit: Visit) -> Response:
    """Show the person, the roles at this moment, and the person's tokens."""
    person = visit.actor.person
    rows = await visit.read(tokens.listed, person.id if person is not None else "")
    names = {one.id: one.name or one.id for one in visit.flow.people.persons.values()}
    return visit.page(
        "account", person=person, roles=visit.actor.roles, names=names, tokens=rows,
        mine=visit.actor.token, now=visit.flow.clock.now(),
    )  # fmt: skip
