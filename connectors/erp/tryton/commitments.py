"""Operation `add_commitment`: carry a promise into the sale it belongs to.

Where the order's own sale can still change, the promise becomes lines of it; a sale with a
number goes back to draft for that and forward again. Where it cannot, the promise becomes a
supplementary sale. The mark of unfinished work is written before the sale goes back; lines,
mark and shipping date are written by one call. So every crash leaves one of four states: nothing
of ours, the mark of unfinished work, our lines with it, or our lines without it. A later attempt
goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from connectors.erp.tryton import marks, wire
from connectors.erp.tryton.marks import Mark
from connectors.erp.tryton.promise import Item, promise_of, refused
from connectors.erp.tryton.sales import FORWARD, OPEN_STATES, RANK, Sale, Sales
from connectors.erp.tryton.standing import Standing, standing_of, values
from hub import Action, Command, ConnectorError, Outcome, Progress, Receipt


@dataclass(frozen=True, slots=True)
class Choices:
    """What the profile says about our own sales."""

    new_sale_state: str
    supplementary_state: str
    texts: Mapping[str, str]


class Delivery:
    """One attempt to carry one command out."""

    def __init__(self, sales: Sales, choices: Choices, command: Command, progress: Progress):
        self._sales = sales
        self._choices = choices
        self._command = command
        self._progress = progress
        self._promise = promise_of(command, choices.texts)
        #: Something of this attempt has taken effect.
        self._touched = False
        #: A mark of unfinished work stands, or stood when it was last looked for.
        self._announced = False

    async def run(self) -> Receipt:
        """Carry the command out.

        A refusal after something took effect is `unknown`: not applied may only be said of an
        attempt that changed nothing.
        """
        try:
            return await self._carry_out()
        except ConnectorError as exc:
            if not self._touched or exc.outcome is Outcome.UNKNOWN:
                raise
            raise ConnectorError(
                Outcome.UNKNOWN,
                f"{exc} Part of the delivery was done before.",
                code=exc.code, words=exc.words, status=exc.status, answer=exc.answer,
            ) from exc  # fmt: skip

    async def _carry_out(self) -> Receipt:
        try:
            return await (self._cancel() if self._cancelling else self._put())
        except ConnectorError as exc:
            if exc.outcome is Outcome.REJECTED and self._announced:
                await self._withdraw(await self._standing())
            raise

    @property
    def _cancelling(self) -> bool:
        return self._command.action is Action.CANCEL

    async def _standing(self) -> Standing:
        standing = await standing_of(self._sales, self._promise, self._command.external_id)
        self._announced = standing.until is not None
        self._refuse_stale(standing)
        return standing

    # -- create and update

    async def _put(self) -> Receipt:
        promise = self._promise
        standing = await self._standing()
        if standing.home and standing.fits(promise):
            sale = await self._finish(standing.home)
            return _receipt(sale, already=standing.until is None)
        if standing.home and standing.until and standing.home.state not in OPEN_STATES:
            # somebody led the sale on before our lines were in it
            await self._withdraw(standing)
            standing = await self._standing()
        order = standing.home or self._order(standing)
        if order is None:
            choice = self._choices.new_sale_state
            return await self._create(promise.reference, promise.texts["promise"], choice)
        return await self._add(order, standing)

    async def _add(self, sale: Sale, standing: Standing) -> Receipt:
        """Add or replace our lines, in this sale or beside it."""
        promise = self._promise
        if sale.state in OPEN_STATES:
            lines = await self._lines(sale, self._before(sale, standing))
            return await self._amend(sale, standing, lines)
        if standing.items or (standing.home and promise.items):
            raise self._closed(sale, "our lines are in it and can no longer change")
        if sale.state == "processing":
            self._heed_choice(sale)
        if promise.items or sale.state == "cancelled":
            return await self._supplement(standing)
        return await self._annotate(sale, standing)

    def _refuse_stale(self, standing: Standing) -> None:
        newest = max((mark.revision for mark in standing.marks), default=0)
        if newest > self._promise.revision:
            raise self._sales.rejected(
                f"{standing.home} holds revision {newest} of {self._promise.commitment_no},"
                f" revision {self._promise.revision} is older",
                "skip this delivery",
            )

    def _order(self, standing: Standing) -> Sale | None:
        """Return the order's own sale, the last cancelled one where none is alive."""
        promise = self._promise
        own = [sale for sale in standing.sales if sale.reference == promise.reference]
        alive = [sale for sale in own if sale.state != "cancelled"]
        if len(alive) > 1:
            alive = [s for s in alive if s.party_code == promise.customer_code] or alive
        if len(alive) > 1:
            names = "; ".join(str(sale) for sale in alive)
            raise self._sales.rejected(
                f"several sales have the reference {promise.reference!r}: {names}",
                "leave the reference on one of them, then retry",
            )
        if alive and alive[0].party_code != promise.customer_code:
            raise self._sales.rejected(
                f"{alive[0]} belongs to {alive[0].party_code!r}, the commitment to"
                f" {promise.customer_code!r}",
                "correct the order number or the customer, then retry",
            )
        return alive[0] if alive else (own[-1] if own else None)

    def _heed_choice(self, sale: Sale) -> None:
        """Refuse where the route wants more than we may do to a sale in processing."""
        choice = self._command.options.get("on_confirmed", "supplementary_order")
        if choice == "ask":
            raise self._closed(sale, "the route says to ask a person (on_confirmed: ask)")
        if choice == "amend" and self._promise.items:
            raise self._closed(sale, "Tryton cannot amend it (on_confirmed: amend)")

    def _closed(self, sale: Sale, reason: str) -> ConnectorError:
        return self._sales.rejected(
            f"{sale} is closed to changes: {reason}", "decide with sales, act in Tryton, then skip"
        )

    async def _create(self, reference: str, description: str, state: str) -> Receipt:
        """Make a sale with our lines in one call, then lead it to its state."""
        promise = self._promise
        party = await self._sales.id_by_code("party.party", promise.customer_code)
        values = await self._sales.party_values(party)
        if promise.currency:
            code = promise.currency
            values["currency"] = await self._sales.id_by_code("currency.currency", code)
        before = None if promise.promised_date is None else ""
        lines = await self._new_lines(party, before)
        values |= {
            "reference": reference,
            "description": description[:200],
            "lines": [["create", lines]],
            "comment": self._note(state, before),
        }
        if promise.promised_date and self._sales.shipping_date_field:
            values[self._sales.shipping_date_field] = promise.promised_date
        (sale_id,) = await self._change("create", [values])
        return _receipt(await self._finish(await self._sales.read(int(sale_id))))

    async def _supplement(self, standing: Standing) -> Receipt:
        reference = self._promise.supplementary_reference
        for sale in standing.sales:
            if sale.reference == reference and sale.state != "cancelled":
                raise self._sales.rejected(
                    f"{sale} exists and is none of ours", "rename or cancel it, then retry"
                )
        origin = self._promise.texts["origin"]
        return await self._create(reference, origin, self._choices.supplementary_state)

    async def _annotate(self, sale: Sale, standing: Standing) -> Receipt:
        """Put a promise without items on a running sale: its comment and date can change."""
        before = self._before(sale, standing)
        (line,) = await self._new_lines(0, before)
        orders = self._rewritten(standing, line["description"], line["note"])
        comment = self._noted(sale, self._note(None, before))
        await self._write(sale, orders, comment, self._promise.promised_date)
        return _receipt(await self._sales.read(sale.id))

    # -- cancel

    async def _cancel(self) -> Receipt:
        standing = await self._standing()
        sale = standing.home
        if sale is None:
            return Receipt(external_id=self._command.external_id, already=True)
        if sale.state in OPEN_STATES and sale.reference == self._promise.supplementary_reference:
            return await self._cancel_sale(sale)
        if sale.state in OPEN_STATES:
            return await self._amend(sale, standing, [])
        if standing.items:
            raise self._closed(sale, "our lines are in it and can no longer be removed")
        orders = self._rewritten(standing, None, None)
        date_before = self._date_after_cancel(sale, standing)
        await self._write(sale, orders, self._noted(sale, None), date_before)
        return _receipt(await self._sales.read(sale.id))

    async def _cancel_sale(self, sale: Sale) -> Receipt:
        await self._progress.save(sale=sale.id, target="cancelled")
        if sale.state == "confirmed":
            await self._change("draft", [sale.id])
        await self._change("cancel", [sale.id])
        return _receipt(await self._sales.read(sale.id))

    def _date_after_cancel(self, sale: Sale, standing: Standing) -> date | None:
        """Return the date before ours, unless somebody set another one since."""
        before = standing.before
        if before is None or sale.shipping_date != self._promise.promised_date:
            return sale.shipping_date
        return date.fromisoformat(before) if before else None

    # -- the steps both take

    async def _amend(self, sale: Sale, standing: Standing, lines: list[dict[str, Any]]) -> Receipt:
        """Replace our lines in a sale that can go back to draft; lead it forward again."""
        target = standing.until or sale.state
        if sale.state != "draft":
            await self._announce(sale, standing, target)
            await self._progress.save(sale=sale.id, target=target, step="draft")
            await self._change("draft", [sale.id])
            sale = await self._sales.read(sale.id)
        ours = [line.id for line, _ in standing.lines]
        if not lines and set(sale.lines) <= set(ours):
            target = "draft"  # a sale without lines cannot be quoted
        if self._cancelling:
            when = self._date_after_cancel(sale, standing)
            note = None if target == "draft" else str(self._mark(until=target))
        else:
            when = self._promise.promised_date
            note = self._note(target, self._before(sale, standing))
        orders = [*([["delete", ours]] if ours else []), *([["create", lines]] if lines else [])]
        values = {"lines": orders} if orders else {}
        await self._write(sale, values, self._noted(sale, note), when)
        return _receipt(await self._finish(await self._sales.read(sale.id)))

    async def _announce(self, sale: Sale, standing: Standing, target: str) -> None:
        """Note the state the sale has to stand in at the end, before it leaves it.

        Were the answer of the next call lost, nothing else would tell that the sale was ours to
        lead back.
        """
        mark = self._mark(until=target, before=self._before(sale, standing))
        comment = marks.with_work(sale.comment, self._promise.key, mark)
        await self._write(sale, {}, comment, sale.shipping_date)
        self._announced = True

    async def _withdraw(self, standing: Standing) -> None:
        """Lead a sale back in which nothing of what was announced has been done."""
        sale, until = standing.home, standing.until
        if sale is None or until is None or not self._nothing_done(standing):
            return
        sale = await self._forward(sale, until)
        comment = marks.with_work(sale.comment, self._promise.key, None)
        await self._write(sale, {}, comment, sale.shipping_date)
        self._touched = self._announced = False  # it stands as it stood before

    def _nothing_done(self, standing: Standing) -> bool:
        if self._cancelling:
            return bool(standing.lines)
        return all(mark.revision != self._promise.revision for _, mark in standing.lines)

    async def _write(
        self, sale: Sale, values: dict[str, Any], comment: str, shipping_date: date | None
    ) -> None:
        """Write lines, comment and shipping date in one call."""
        if comment != sale.comment:
            values["comment"] = comment
        wanted = self._cancelling or shipping_date is not None
        field = self._sales.shipping_date_field
        if field and wanted and shipping_date != sale.shipping_date:
            values[field] = shipping_date
        if values:
            stamp = {sale.external_id: sale.timestamp}
            await self._change("write", [sale.id], values, _timestamp=stamp)

    async def _finish(self, sale: Sale) -> Sale:
        """Lead the sale to the state our mark names, then take the mark of unfinished work off."""
        work = marks.unfinished(sale.comment, self._promise.key)
        if work is None or work.until is None:
            return sale
        sale = await self._forward(sale, work.until)
        keep = not self._promise.items and not self._cancelling
        text = self._note(None, work.before) if keep else None
        await self._write(sale, {}, self._noted(sale, text), sale.shipping_date)
        return await self._sales.read(sale.id)

    async def _forward(self, sale: Sale, target: str) -> Sale:
        for state, button in FORWARD:
            if sale.state == state and RANK[state] < RANK[target]:
                await self._progress.save(sale=sale.id, target=target, step=button)
                await self._change(button, [sale.id])
                sale = await self._sales.read(sale.id)
        if RANK.get(sale.state, -1) < RANK[target]:
            raise self._sales.rejected(
                f"{sale} did not reach {target}", "look at it in Tryton, then retry"
            )
        return sale

    async def _change(self, method: str, *params: Any, **context: Any) -> Any:
        result = await self._sales.rpc.change("sale.sale", method, *params, **context)
        self._touched = True
        return result

    # -- what is written

    def _noted(self, sale: Sale, note: str | None) -> str:
        return marks.with_note(sale.comment, self._promise.key, note)

    def _rewritten(
        self, standing: Standing, description: str | None, note: str | None
    ) -> dict[str, Any]:
        """Return what changes our comment lines where they stand: that is allowed in any state."""
        ours = [line.id for line, _ in standing.lines]
        text = {"description": description, "note": note}
        return {"lines": [["write", ours, text]]} if ours else {}

    async def _lines(self, sale: Sale, before: str | None) -> list[dict[str, Any]]:
        priced = any(item.unit_price for item in self._promise.items)
        if priced and self._promise.currency not in ("", sale.currency_code):
            raise self._sales.rejected(
                f"{sale} is in {sale.currency_code}, the commitment in {self._promise.currency}",
                "correct the currency, then retry",
            )
        party = await self._sales.id_by_code("party.party", sale.party_code)
        return await self._new_lines(party, before)

    async def _new_lines(self, party: int, before: str | None) -> list[dict[str, Any]]:
        """Return our lines; a promise without items is a comment line."""
        if not self._promise.items:
            text = self._promise.texts["promise"]
            note = str(self._mark(before=before))
            return [{"type": "comment", "description": text, "note": note}]
        return [await self._new_line(item, party, before) for item in self._promise.items]

    async def _new_line(self, item: Item, party: int, before: str | None) -> dict[str, Any]:
        product = await self._sales.id_by_code("product.product", item.product_code)
        try:
            quantity = wire.quantity(item.quantity)
        except ValueError as exc:
            raise refused(f"line {item.line_no}: {exc}") from exc
        values = await self._sales.product_values(product, quantity, party)
        if item.unit_price is not None:
            values["unit_price"] = item.unit_price
        note = f"{self._promise.texts['note']} {self._mark(item.line_no, before=before)}"
        return {
            **values, "type": "line", "product": product, "quantity": quantity,
            "description": item.description or None, "note": note,
        }  # fmt: skip

    def _note(self, until: str | None, before: str | None) -> str | None:
        """Return our line of the comment: the promise without items, or only a mark."""
        unfinished = None if until in (None, "draft") else until
        mark = self._mark(until=unfinished, before=before)
        if not self._promise.items:
            return f"{self._promise.texts['promise']} {mark}"
        return str(mark) if unfinished else None

    def _mark(
        self, line_no: str | None = None, until: str | None = None, before: str | None = None
    ) -> Mark:
        return Mark(self._promise.key, self._promise.revision, line_no, until, before)

    def _before(self, sale: Sale, standing: Standing) -> str | None:
        """Return the shipping date to remember in our mark; None when we set none."""
        if self._promise.promised_date is None:
            return None
        if standing.before is not None:
            return standing.before
        return sale.shipping_date.isoformat() if sale.shipping_date else ""


def _receipt(sale: Sale, *, already: bool = False) -> Receipt:
    return Receipt(external_id=sale.external_id, already=already, values=values(sale))
