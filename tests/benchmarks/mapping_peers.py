"""The job of `mapping_job.py` in other languages people map documents with.

Each is written as its own manual would: what it can say it says itself, for the rest it calls
the functions the program written by hand calls. What is used several times is worked out once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import mapping_job as job

Apply: TypeAlias = Callable[[job.Document], Any]
Convert: TypeAlias = Callable[..., Any]

_FUNCTIONS: Mapping[str, Convert] = {
    convert.__name__: convert
    for convert in (
        *(job.table_value, job.masked_name, job.masked_phone, job.compact_day, job.local_time),
        *(job.exact, job.quantity, job.product, job.net_of, job.required, job.shortened),
    )
}


def _in_text(convert: Convert) -> Convert:
    """Return the function for engines that have floats only: an exact number passes as text."""
    return lambda *values: result if isinstance(result := convert(*values), str) else str(result)


# ---- Jinja's syntax, in which an expression fills a field ------------------------------------

_HEADER: Mapping[str, Any] = {
    "order_no": "id ~ '-R' ~ rev",
    "source": "'CRM'",
    "order_type": "table_value('order_type', type)",
    "priority": "'1' if expedite else '5'",
    "owner_code": "required(customer.code)",
    "owner_name": "customer.name",
    "tax_no": "customer.uscc",
    "consignee": {
        "name": "masked_name(customer.contact.name)",
        "phone": "masked_phone(customer.contact.mobile)",
        "address": (
            "customer.address.province ~ customer.address.city"
            " ~ customer.address.district ~ customer.address.street"
        ),
        "postcode": "customer.address.postcode",
    },
    "warehouse": "table_value('warehouse', delivery.warehouse)",
    "ship_mode": "table_value('ship_mode', delivery.mode) if delivery.mode else 'LTL'",
    "promised_date": "compact_day(required(delivery.promised_date))",
    "approved_at": "local_time(approved_at)",
    "allow_partial": "'Y' if delivery.partial_allowed else 'N'",
    "currency": "currency",
    "amount": "net",
    "tax": "product(net, tax_rate)",
    "deposit": "product(net, payment.deposit_ratio)",
    "gift_count": "lines|selectattr('gift')|list|length",
    "salesperson": "owner.name",
    "dept": "owner.dept",
    "remark": "shortened(remark, 20)",
}
_LINE: Mapping[str, str] = {
    "line_no": "line.line_no",
    "sku": "required(line.sku)",
    "name": "line.name",
    "spec": "line.spec or '-'",
    "qty": "quantity(line.qty)",
    "uom": "table_value('uom', line.unit)",
    "price": "exact(line.unit_price)",
    "amount": "product(line.qty, line.unit_price)",
    "type": "'GIFT' if line.gift else 'SALE'",
    "due": "compact_day(line.due)",
    "custom": "line.custom|join(';')",
}


def _field_by_field(compiled: Callable[[str], Apply]) -> Apply:
    """Return what fills the order with one compiled expression a field."""
    net = compiled("net_of(lines)")
    header = {
        name: {inner: compiled(text) for inner, text in rule.items()}
        if isinstance(rule, dict)
        else compiled(rule)
        for name, rule in _HEADER.items()
    }
    line = {name: compiled(text) for name, text in _LINE.items()}

    def apply(document: job.Document) -> dict[str, Any]:
        order = _filled(header, {**document, "net": net(document)})
        order["lines"] = [_filled(line, {"line": entry}) for entry in document["lines"]]
        return order

    return apply


def _filled(rules: Mapping[str, Any], scope: job.Document) -> dict[str, Any]:
    return {
        name: _filled(rule, scope) if isinstance(rule, dict) else rule(scope)
        for name, rule in rules.items()
    }


def jinja2_per_field() -> Apply:
    """Jinja's expressions in its sandbox; each gives a value, no text."""
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment()
    environment.globals.update(_FUNCTIONS)

    def compiled(text: str) -> Apply:
        expression: Apply = environment.compile_expression(text)
        return expression

    return _field_by_field(compiled)


def jinja2_native_per_field() -> Apply:
    """Jinja's templates in its sandbox, whose texts it reads as Python: `"215000"` is a number."""
    from jinja2.nativetypes import NativeEnvironment
    from jinja2.sandbox import SandboxedEnvironment

    class Environment(SandboxedEnvironment, NativeEnvironment):
        """Both at once."""

    environment = Environment()
    environment.globals.update(_FUNCTIONS)
    return _field_by_field(lambda text: environment.from_string(f"{{{{ {text} }}}}").render)


def minijinja() -> Apply:
    """Jinja in Rust, one template for the whole document: it writes JSON, which is read again."""
    from minijinja import Environment

    line = _json_template(_LINE)
    order = _json_template({**_HEADER, "lines": ""})
    lines = f"[{{% for line in lines %}}{line}{{% if not loop.last %}},{{% endif %}}{{% endfor %}}]"
    template = "{% set net = net_of(lines) %}" + order.replace("{{  }}", lines)
    # it writes each value as JSON because of the name
    environment = Environment(templates={"order.json": template})
    for name, convert in _FUNCTIONS.items():
        environment.add_function(name, _in_text(convert))
    return lambda document: json.loads(environment.render_template("order.json", **document))


def _json_template(rules: Mapping[str, Any]) -> str:
    fields = [
        f'"{name}": {_json_template(rule) if isinstance(rule, dict) else f"{{{{ {rule} }}}}"}'
        for name, rule in rules.items()
    ]
    return f"{{{', '.join(fields)}}}"


# ---- JSONata ---------------------------------------------------------------------------------

_JSONATA = """(
  $net := $net_of([lines]);
  {
    "order_no": id & "-R" & rev,
    "source": "CRM",
    "order_type": $table_value("order_type", type),
    "priority": expedite ? "1" : "5",
    "owner_code": $required(customer.code),
    "owner_name": customer.name,
    "tax_no": customer.uscc,
    "consignee": {
      "name": $masked_name(customer.contact.name),
      "phone": $masked_phone(customer.contact.mobile),
      "address": customer.address.(province & city & district & street),
      "postcode": customer.address.postcode
    },
    "warehouse": $table_value("warehouse", delivery.warehouse),
    "ship_mode": delivery.mode ? $table_value("ship_mode", delivery.mode) : "LTL",
    "promised_date": $compact_day($required(delivery.promised_date)),
    "approved_at": $local_time(approved_at),
    "allow_partial": delivery.partial_allowed ? "Y" : "N",
    "currency": currency,
    "amount": $net,
    "tax": $product($net, tax_rate),
    "deposit": $product($net, payment.deposit_ratio),
    "gift_count": $count(lines[gift]),
    "salesperson": owner.name,
    "dept": owner.dept,
    "remark": $substring(remark, 0, 20),
    "lines": [lines.{
      "line_no": line_no,
      "sku": $required(sku),
      "name": name,
      "spec": spec ? spec : "-",
      "qty": $quantity(qty),
      "uom": $table_value("uom", unit),
      "price": $exact(unit_price),
      "amount": $product(qty, unit_price),
      "type": gift ? "GIFT" : "SALE",
      "due": $compact_day(due),
      "custom": custom ? $join(custom, ";") : ""
    }]
  }
)"""


def jsonata_python() -> Apply:
    """JSONata's implementation in Python."""
    from jsonata.jsonata import Jsonata

    expression = Jsonata(_JSONATA)
    for name, convert in _FUNCTIONS.items():
        expression.register_lambda(name, _in_text(convert))
    evaluate: Apply = expression.evaluate
    return evaluate


# ---- JMESPath --------------------------------------------------------------------------------

_JMESPATH = """{
  order_no: join('-R', [id, rev]),
  source: 'CRM',
  order_type: table_value('order_type', type),
  priority: expedite && '1' || '5',
  owner_code: required(customer.code),
  owner_name: customer.name,
  tax_no: customer.uscc,
  consignee: {
    name: masked_name(customer.contact.name),
    phone: masked_phone(customer.contact.mobile),
    address: join('', customer.address.[province, city, district, street]),
    postcode: customer.address.postcode
  },
  warehouse: table_value('warehouse', delivery.warehouse),
  ship_mode: delivery.mode && table_value('ship_mode', delivery.mode) || 'LTL',
  promised_date: compact_day(required(delivery.promised_date)),
  approved_at: local_time(approved_at),
  allow_partial: delivery.partial_allowed && 'Y' || 'N',
  currency: currency,
  amount: net,
  tax: product(net, tax_rate),
  deposit: product(net, payment.deposit_ratio),
  gift_count: length(lines[?gift]),
  salesperson: owner.name,
  dept: owner.dept,
  remark: shortened(remark, `20`),
  lines: lines[].{
    line_no: line_no,
    sku: required(sku),
    name: name,
    spec: spec || '-',
    qty: quantity(qty),
    uom: table_value('uom', unit),
    price: exact(unit_price),
    amount: product(qty, unit_price),
    type: gift && 'GIFT' || 'SALE',
    due: compact_day(due),
    custom: join(';', custom)
  }
}"""
_TWO_ARGUMENTS = frozenset({"table_value", "product", "shortened"})


def jmespath() -> Apply:
    """JMESPath with functions of our own; it has no variables, so the sum is put beside."""
    from jmespath import Options, compile, functions

    methods = {f"_func_{name}": _method(name, convert) for name, convert in _FUNCTIONS.items()}
    options = Options(custom_functions=type("Functions", (functions.Functions,), methods)())
    net, order = compile("net_of(lines)"), compile(_JMESPATH)

    def apply(document: job.Document) -> Any:
        whole = {**document, "net": net.search(document, options=options)}
        return order.search(whole, options=options)

    return apply


def _method(name: str, convert: Convert) -> Convert:
    def method(_self: object, *values: Any) -> Any:
        return convert(*values)

    anything: Mapping[str, Any] = {"types": []}
    method.signature = (anything,) * (2 if name in _TWO_ARGUMENTS else 1)  # type: ignore[attr-defined]
    return method


#: As a figure names it → what makes it.
PEERS: Mapping[str, Callable[[], Apply]] = {
    "jinja2-per-field": jinja2_per_field,
    "jinja2-native-per-field": jinja2_native_per_field,
    "jsonata-python": jsonata_python,
    "jmespath": jmespath,
    "minijinja": minijinja,
}
