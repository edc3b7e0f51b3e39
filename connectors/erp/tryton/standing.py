"""What stands in Tryton for one promise: its sales, our lines, our marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connectors.erp.tryton import marks
from connectors.erp.tryton.marks import Mark
from connectors.erp.tryton.promise import Item, Promise
from connectors.erp.tryton.sales import Line, Sale, Sales
from hub import Action, Document, Found


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything in Tryton that concerns one promise."""

    #: Every sale with the order's reference or the supplementary one, oldest first.
    sales: tuple[Sale, ...]
    #: The live sale that holds something of ours.
    home: Sale | None = None
    #: Our lines in it, each with its mark.
    lines: tuple[tuple[Line, Mark], ...] = ()
    #: Our marks in its comment: of a promise without items, of work that is not finished.
    notes: tuple[Mark, ...] = ()

    @property
    def items(self) -> list[tuple[Line, Mark]]:
        """Return our lines that sell something; the others are comments."""
        return [(line, mark) for line, mark in self.lines if mark.line_no is not None]

    @property
    def marks(self) -> list[Mark]:
        """Return all marks of ours."""
        return [*(mark for _, mark in self.lines), *self.notes]

    @property
    def before(self) -> str | None:
        """Return the shipping date our first revision met, "" for none; None: we set none."""
        return next((mark.before for mark in self.marks if mark.before is not None), None)

    @property
    def until(self) -> str | None:
        """Return the state our unfinished work has to end in; None: it is finished."""
        return next((mark.until for mark in self.notes if mark.until), None)

    def holds(self, promise: Promise) -> bool:
        """Say whether anything of this revision stands there, whole or not."""
        return any(mark.revision == promise.revision for mark in self.marks)

    def fits(self, promise: Promise) -> bool:
        """Say whether exactly this revision and content stand there, finished or not."""
        if not self.marks or any(mark.revision != promise.revision for mark in self.marks):
            return False
        if self.until is not None and not self.lines:
            return False  # announced, and nothing came of it yet
        shown = {mark.line_no: line for line, mark in self.items}
        wanted = {item.line_no: item for item in promise.items}
        return (
            len(self.items) == len(wanted)
            and shown.keys() == wanted.keys()
            and all(_same(shown[line_no], item) for line_no, item in wanted.items())
            and (not promise.promised_date or self._shipping_date() == promise.promised_date)
        )

    def document(self, promise: Promise) -> Document:
        """Return what stands there in the names of the operation's document."""
        if self.home is None:
            return {}
        date = self._shipping_date()
        ours = self.home.reference in (promise.reference, promise.supplementary_reference)
        return {
            "reference": promise.reference if ours else self.home.reference,
            "customer_code": self.home.party_code,
            "promised_date": date.isoformat() if date and self.before is not None else None,
            "lines": [
                {
                    "line_no": mark.line_no,
                    "product_code": line.product_code,
                    "quantity": line.quantity,
                    "unit_price": line.unit_price,
                    "description": line.description,
                }
                for line, mark in self.items
            ],
        }

    def _shipping_date(self) -> Any:
        return self.home.shipping_date if self.home else None


def _same(line: Line, item: Item) -> bool:
    return (
        line.product_code == item.product_code
        and line.quantity == item.quantity
        and (item.unit_price is None or line.unit_price == item.unit_price)
        and line.description == item.description
    )


async def standing_of(sales: Sales, promise: Promise, external_id: str | None) -> Standing:
    """Read what stands for a promise, by references and by the id of an earlier delivery.

    What a cancelled sale holds of ours counts as gone.
    """
    references = [promise.reference, promise.supplementary_reference]
    domain: list[Any] = ["OR", ["reference", "in", references]]
    if external_id and external_id.startswith("sale.sale,"):
        domain.append(["id", "=", _sale_id(sales, external_id)])
    found = await sales.search(domain)
    alive = {sale.id: sale for sale in found if sale.state != "cancelled"}
    ours = await _our_lines(sales, list(alive), promise.key)
    homes = {line.sale for line, _ in ours} | {
        sale.id for sale in alive.values() if marks.find(sale.comment, promise.key)
    }
    if len(homes) > 1:
        names = "; ".join(str(alive[home]) for home in sorted(homes))
        raise sales.rejected(
            f"several sales hold {promise.commitment_no}: {names}",
            "a copied sale keeps our notes: remove them from the copy, then retry",
        )
    if not homes:
        return Standing(tuple(found))
    home = alive[homes.pop()]
    notes = marks.find_all(home.comment, promise.key)
    return Standing(tuple(found), home, tuple(ours), tuple(notes))


def _sale_id(sales: Sales, external_id: str) -> int:
    number = external_id.removeprefix("sale.sale,")
    if not number.isdecimal():
        raise sales.rejected(
            f"{external_id!r} is no id of a sale", "correct the link to sale.sale,NUMBER"
        )
    return int(number)


async def found(
    sales: Sales, promise: Promise, action: Action, external_id: str | None
) -> Found | None:
    """Return what stands under the promise's key; a cancelled one is mine when it is gone.

    Work of this revision that is not finished, or that somebody changed since, is begun: doing
    the delivery again finishes it.
    """
    standing = await standing_of(sales, promise, external_id)
    home = standing.home
    if action is Action.CANCEL:
        known = home.external_id if home else external_id
        return Found(mine=home is None, external_id=known, begun=standing.until is not None)
    if home is None:
        return None
    mine = standing.fits(promise) and standing.until is None
    return Found(
        mine=mine,
        external_id=home.external_id,
        document=standing.document(promise),
        values=values(home),
        begun=not mine and standing.holds(promise),
    )


async def _our_lines(sales: Sales, sale_ids: list[int], key: str) -> list[tuple[Line, Mark]]:
    if not sale_ids:
        return []
    domain = [["sale", "in", sale_ids], ["note", "like", marks.pattern(key)]]
    marked = ((line, marks.find(line.note, key)) for line in await sales.lines(domain))
    return [(line, mark) for line, mark in marked if mark is not None]


def values(sale: Sale) -> Document:
    """Return what later steps may use of a sale."""
    return {"sale_number": sale.number, "sale_id": sale.id, "reference": sale.reference}
