"""The folder of a demo: settings, secrets, the stores of hub and far ends, logs."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import ExitStack
from pathlib import Path

import httpx

from hub import registry, yamlreader
from hub import settings as hub_settings
from hub.demo import texts
from hub.settings import Settings

#: The connections are those the shipped routes speak of.
SETTINGS = """\
# A demo of Accord Hub: three simulated far ends, on this machine only.
# 守诺中枢演示：三个模拟系统，仅在本机运行。
tenant: DEMO
store: sqlite:///hub.db
keys: hub.key
mappings_folder: mappings
public_url: http://127.0.0.1:{hub}
documents:
  issuer:
    name: 演示泵业制造（江苏）有限公司
    name_en: Demo Pump Works
    address: 江苏省苏州市样本路1号
    phone: 0512-0000 0000
  ask: 销售部 0512-0000 0000
web: {{host: 127.0.0.1, port: {hub}}}
retry:
  schedule: [1s, 2s, 3s, 5s, 10s]     # a real hub waits longer 实际使用时间隔更长
alerts:
  coalesce: 1s
  webhook: {{url: "http://127.0.0.1:{crm}/_demo/notices", secret: "${{file:secrets/notices}}"}}
connections:
  crm:
    connector: lowcode
    base_url: http://127.0.0.1:{crm}/api
    api_key: ${{file:secrets/crm-api-key}}
    webhook_secret: ${{file:secrets/crm-webhook}}
    app_id: 65f0000000000000000000a1
    forms:
      commitment: {{entry_id: 65f0000000000000000000c1}}
      contract: {{entry_id: 65f0000000000000000000c2}}
    settle: 1s
  erp:
    connector: tryton
    base_url: http://127.0.0.1:{erp}
    database: demo
    username: admin
    password: ${{file:secrets/erp}}
    settle: 1s
    poll: {{every: 2s, streams: [order]}}
  wms:
    connector: qimen
    base_url: http://127.0.0.1:{wms}/router/qimen/service
    app_key: demo-app
    secret: ${{file:secrets/wms}}
    customer_id: demo-customer
    owner_code: OWN01
    warehouse_code: WH-NB-01
    settle: 1s
"""

#: Who may do what; the people of the story, and those of its second act.
PEOPLE = """\
# Who may do what in this demo. 演示中的人员与角色。
people:
  admin: {name: 系统管理员, roles: [admin]}
  clerk: {name: 陈静, roles: [operator, mapper]}
  checker: {name: 周宏, roles: [operator, reviewer, coo]}
  supervisor: {name: 李强, roles: [sales_supervisor, viewer]}
  director: {name: 赵敏, roles: [operations_director, viewer]}
  accountant: {name: 刘敏, roles: [accountant]}
  crm-form: {name: 合同表单, roles: [viewer]}
"""

#: File below `mappings` → what is in it.
_MAPPINGS = {
    "gates/corrected-by-hand.yaml": """\
gate: corrected-by-hand
title: 人工更正须第二人复核
when: {record: commitment, action: delivery.edit, if: amount >= 1000}
release: {roles: [reviewer]}
""",
    "gates/payment-terms.yaml": """\
gate: payment-terms
title: 合同账期检查
when: {record: contract}
checks:
  - if: payment_days > 90
    then: deny
    reason: {zh: 账期超过 90 天, en: The payment terms exceed 90 days}
    fields: [payment_days]
unavailable: hold
""",
    "watches/order-after-contract.yaml": """\
watch: order-after-contract
title: 合同已签订，订单未录入
when: {record: contract, from: crm, if: status == "signed"}
key: number
unless: {record: order, from: erp, key: number, within: 2 working hours}
then:
  - {notify: [role:sales_supervisor]}
  - {after: 1 working day, notify: [role:operations_director]}
""",
}

#: Who listens on a port of its own.
_PORTS = ("hub", "crm", "erp", "wms")
#: File below `secrets` → what the simulators were built with.
_SECRETS = {
    "crm-api-key": "simulated-api-key",
    "crm-webhook": "simulated-webhook-secret",
    "erp": "accord-demo-1",
    "wms": "demo-secret",
    "notices": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}


def make(folder: Path) -> Path:
    """Write a new demo into a folder, made if need be; return its hub.yaml.

    Raises `ConfigError` where a demo or a hub is in the folder already, or nothing can be.
    """
    try:
        return _written(folder)
    except OSError as exc:
        path = exc.filename or folder
        raise texts.config_error("folder.unwritable", path=path, problem=exc.strerror) from exc


def _written(folder: Path) -> Path:
    settings = folder / "hub.yaml"
    if settings.exists():
        raise texts.config_error("folder.there", path=settings, folder=folder)
    for name in ("secrets", "logs", "mappings"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, secret in _SECRETS.items():
        write_secret(folder / "secrets" / name, secret)
    write_secret(folder / "hub.key", secrets.token_hex(32))
    settings.write_text(SETTINGS.format(**_free_ports(*_PORTS)), "utf-8")
    (folder / "people.yaml").write_text(PEOPLE, "utf-8")
    for name, text in _MAPPINGS.items():
        path = folder / "mappings" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return settings


def read(folder: Path) -> Settings:
    """Return the settings of a demo; `ConfigError` where the folder holds none."""
    settings = folder / "hub.yaml"
    if not settings.is_file():
        raise texts.config_error("folder.none", folder=folder)
    return hub_settings.load(settings)


def connector_of(name: str) -> str:
    """Return the connector of a connection, as every new demo has it."""
    written = SETTINGS.format(**dict.fromkeys(_PORTS, 0)).encode()
    return str(yamlreader.parse(written).at(("connections", name, "connector")))


def addresses(settings: Settings) -> dict[str, str]:
    """Return connection → address of its far end, without a path."""
    found = {}
    for name, connection in settings.connections.items():
        url = httpx.URL(str(getattr(registry.options(connection), "base_url", "")))
        if url.host != "127.0.0.1" or url.port is None:
            raise texts.config_error("folder.address", name=name)
        found[name] = f"http://127.0.0.1:{url.port}"
    return found


def token_of(folder: Path, person: str) -> Path:
    """Return the file that keeps the token of a person of the demo."""
    return folder / "secrets" / f"{person}.token"


def write_secret(path: Path, secret: str) -> None:
    """Write a secret that only this user can read."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secret + "\n")


def _free_ports(*names: str) -> dict[str, int]:
    """Return a free port for each name, all different."""
    with ExitStack() as stack:
        found = {}
        for name in names:
            probe = stack.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            found[name] = int(probe.getsockname()[1])
        return found
