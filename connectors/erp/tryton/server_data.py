"""Fill an empty Tryton database with the demo company; run by `server.py` inside its own venv.

    python server_data.py CONFIG_FILE DATABASE

Fixed dates, codes and amounts: two runs give the same data (ids too).
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

# proteus is installed in the server's own environment, not in the hub's
from proteus import Model, Wizard  # type: ignore[import-not-found]
from proteus import config as proteus_config

#: The demo company; the simulator starts with the same one.
DEMO = json.loads(Path(__file__).with_name("samples").joinpath("demo.json").read_text("utf-8"))


def fill(config_file: str, database: str) -> None:
    """Make company, accounts, master data and sales, in this order."""
    config = proteus_config.set_trytond(
        f"sqlite:///{database}", user="admin", config_file=config_file
    )
    config.skip_warning = True
    make_company(config)
    make_accounts(config)
    products = make_products()
    make_boms(products)
    parties = make_customers()
    make_sales(parties, products)


def make_company(config: Any) -> None:
    """Make the company, in CNY; the administrator works for it from then on."""
    Currency, Party, User = (  # noqa: N806  (proteus models are classes)
        Model.get(name) for name in ("currency.currency", "party.party", "res.user")
    )
    cny, _ = (_currency(Currency, row) for row in DEMO["currencies"])
    party = Party(name=DEMO["company"], code="COMPANY")
    party.save()
    wizard = Wizard("company.company.config")
    wizard.execute("company")
    wizard.form.party = party
    wizard.form.currency = cny
    wizard.execute("add")
    config._context = User.get_preferences(True, {})


def _currency(model: Any, row: dict[str, str]) -> Any:
    found = model.find([("code", "=", row["code"])])
    currency = found[0] if found else model(code=row["code"])
    for name in ("name", "symbol", "numeric_code"):
        setattr(currency, name, row[name])
    currency.rounding = Decimal("0.01")
    currency.rates.new(date=dt.date(2026, 1, 1), rate=Decimal(row["rate"]))
    currency.save()
    return currency


def make_accounts(config: Any) -> None:
    """Make the chart of accounts; a sale in processing makes an invoice that needs one."""
    Template, ModelData, Company = (  # noqa: N806
        Model.get(name) for name in ("account.account.template", "ir.model.data", "company.company")
    )
    chart = ModelData.get_id("account.account_template_root_en", config.context)
    wizard = Wizard("account.create_chart")
    wizard.execute("account")
    wizard.form.account_template = Template(chart)
    wizard.form.company = Company.find()[0]
    wizard.execute("create_account")
    for name, kind in (
        ("account_receivable", "receivable"),
        ("account_payable", "payable"),
        ("category_account_expense", "expense"),
        ("category_account_revenue", "revenue"),
    ):
        setattr(wizard.form, name, _account(kind))
    wizard.execute("create_properties")


def _account(kind: str) -> Any:
    account = Model.get("account.account")
    return account.find([(f"type.{kind}", "=", True), ("closed", "!=", True)], limit=1)[0]


def make_products() -> dict[str, Any]:
    """Make the products and components, all in units."""
    unit = Model.get("product.uom").find([("symbol", "=", "u")], limit=1)[0]
    category = Model.get("product.category")(name="会计类别", accounting=True)
    category.account_expense = _account("expense")
    category.account_revenue = _account("revenue")
    category.save()
    made = {}
    for row in DEMO["products"]:
        template = Model.get("product.template")(name=row["name"], code=row["code"])
        template.default_uom = unit
        template.account_category = category
        template.list_price = Decimal(row["price"])
        template.salable = template.producible = row["sold"]
        template.save()
        (made[row["code"]],) = template.products
    return made


def make_boms(products: dict[str, Any]) -> None:
    """Make one BOM for each sold product and give it to the product."""
    for row in DEMO["boms"]:
        code, drawing = row["product"], row["code"]
        bom = Model.get("production.bom")(name=f"{code} {drawing}", code=drawing)
        for component, quantity in row["inputs"].items():
            line = bom.inputs.new()
            line.product, line.quantity = products[component], quantity
        line = bom.outputs.new()
        line.product, line.quantity = products[code], 1
        bom.save()
        products[code].boms.append(Model.get("product.product-production.bom")(bom=bom))
        products[code].save()


def make_customers() -> dict[str, Any]:
    """Make the payment terms and the customers that have them."""
    terms = {}
    for days in sorted({customer["days"] for customer in DEMO["customers"]}):
        term = Model.get("account.invoice.payment_term")(name=f"月结{days}天")
        term.lines.new(type="remainder").relativedeltas.new(days=days)
        term.save()
        terms[days] = term
    made = {}
    for row in DEMO["customers"]:
        party = Model.get("party.party")(code=row["code"], name=row["name"])
        party.customer_payment_term = terms[row["days"]]
        party.addresses[0].city = row["city"]
        party.save()
        made[row["code"]] = party
    return made


def make_sales(parties: dict[str, Any], products: dict[str, Any]) -> None:
    """Make one sale in each of the states a commitment can meet."""
    for row in DEMO["sales"]:
        party = parties[row["customer"]]
        sale = Model.get("sale.sale")(party=party, reference=row["reference"])
        sale.sale_date = dt.date.fromisoformat(row["date"])
        line = sale.lines.new()
        line.product, line.quantity = products[row["product"]], row["quantity"]
        sale.save()
        for button in row["buttons"]:
            sale.click(button)


if __name__ == "__main__":
    fill(*sys.argv[1:3])
