"""The job with people in control of it: approvals that come along, watches, gates, persons.

A promise to expedite an order arms what the gift of that order clears, which comes later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import job

from hub.flow.parts import Flow
from hub.people import People, Person

#: none: neither watches nor gates. some: every record matches some of the watches. all: all.
Armed: TypeAlias = Literal["none", "some", "all"]

WATCHES = 20
#: Orders of which all promises to expedite come before all gifts.
ORDERS = 150
#: Watches that a record matches, where it matches some.
MATCHED = 2
PERSONS = 200
DECIDED = "large-promise"
_IN = b"""
  amount: {from: total, as: decimal}
  payment_days: {from: days, as: integer}
  salesperson: seller
  approvals:
    each: approved
    fields: {level: level, person: who, role: role}
"""
_WATCH = """
watch: bench-{number:02}
when: {{record: commitment, from: crm, if: kind == "expedite" and amount >= {least}}}
key: order_no
unless:
  record: commitment
  from: crm
  key: order_no
  if: kind == "gift" and amount >= {least}
  within: 2 working hours
then:
  - {{notify: [role:sales_supervisor]}}
  - {{after: 1 working day, notify: [role:regional_director]}}
"""
_GATES = {
    "own/gates/terms.yaml": b"""
gate: payment-terms
when: {record: commitment, from: crm, if: payment_days is set}
checks:
  - if: payment_days > 90
    then: deny
    reason: {zh: too long, en: too long}
    fields: [payment_days]
  - {if: payment_days > 60 and amount >= 100000, reason: long and large}
release: {roles: [finance_director]}
""",
    "own/gates/large.yaml": b"""
gate: large-promise
when: {record: commitment, from: crm, if: amount >= 100000}
needs:
  - {approvals: 2, roles: [sales_supervisor, regional_director]}
release: {roles: [finance_director], valid: 7 days}
""",
    "own/gates/levels.yaml": b"""
gate: both-levels
when: {record: commitment, from: crm}
needs:
  - {levels: [sales, region], distinct: true}
release: {roles: [finance_director]}
""",
}


def files(armed: Armed) -> Mapping[str, bytes]:
    """Return the mapping files of one side."""
    shared = {**job.FILES, "own/in.yaml": job.FILES["own/in.yaml"].rstrip() + _IN}
    if armed == "none":
        return shared
    matched = MATCHED if armed == "some" else WATCHES
    watches = {
        f"own/watches/{number:02}.yaml": _WATCH.format(
            number=number, least=100_000 if number < matched else 10_000_000
        ).encode()
        for number in range(WATCHES)
    }
    required = b"\nrequire: {gates: [payment-terms, large-promise, both-levels]}\ndeliver:"
    route = shared["own/route.yaml"].replace(b"\ndeliver:", required)
    return {**shared, **_GATES, **watches, "own/route.yaml": route}


def promise(number: int) -> dict[str, Any]:
    """Return what the source sends: two promises for each order, the second one a gift."""
    block, place = divmod(number, 2 * ORDERS)
    approved = [
        {"level": level, "who": f"u-{(number + step) % PERSONS}", "role": "sales_supervisor"}
        for step, level in enumerate(("sales", "region"))
    ]
    return {
        **job.promise(number), "kind": "expedite" if place < ORDERS else "gift",
        "order": f"SO-{block}-{place % ORDERS}", "days": 30, "total": "120000",
        "seller": f"u-{number % PERSONS}", "approved": approved,
    }  # fmt: skip


def people() -> People:
    """Return persons as a company of middle size has them."""
    roles = ("viewer", "operator", "sales_supervisor", "regional_director")
    return People(
        {
            f"p{one:03}": Person(f"p{one:03}", f"Person {one}", roles, {"crm": (f"u-{one}",)})
            for one in range(PERSONS)
        }
    )


def control_flow(store: str, far_end: str, armed: Armed) -> Flow:
    """Return the hub with watches and gates, or without, and with persons in both cases."""
    flow = job.hub_flow(store, far_end, files=files(armed))
    flow.people = people()
    return flow
