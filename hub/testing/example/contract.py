"""Example's far end for the contract suite."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

from pydantic import SecretStr

from hub import Action, Command, Connector, Outcome, WebhookRequest
from hub.testing import FixedClock
from hub.testing.case import Case, Exercise, Webhooks, simulated_context
from hub.testing.contract import ConnectorContract

from .connector import ExampleConnector, ExampleSettings
from .simulator import APP_ID, APP_SECRET, WEBHOOK_SECRET, ExampleSimulator, signed
from .wire import parse_answer, parse_notice

BASE_URL = "https://api.example.test"
PUBLIC_URL = "https://hub.example.test"
SAMPLES = Path(__file__).with_name("samples")


def connect(
    simulator: ExampleSimulator,
    clock: FixedClock,
) -> ExampleConnector:
    """Return a connector whose far end is the simulator."""
    settings = ExampleSettings(
        base_url=BASE_URL,
        app_id=APP_ID,
        app_secret=SecretStr(APP_SECRET),
        webhook_secret=SecretStr(WEBHOOK_SECRET),
        profile={"page_size": 2},
    )
    context = simulated_context("example", BASE_URL, simulator, clock, PUBLIC_URL)
    return ExampleConnector(settings, context)


def order(key: str = "AH-2026-0001") -> Command:
    """Return the command that creates one order."""
    document = {"customer": "C-1042", "lines": [{"item": "A-1", "quantity": Decimal("12.5")}]}
    return Command("create_order", Action.CREATE, document, key)


def webhook(body: bytes, at: datetime) -> WebhookRequest:
    """Return a webhook as the product would sign it at that instant."""
    headers = {name.lower(): value for name, value in signed(body, at).items()}
    return WebhookRequest("POST", "/webhooks/example", (), headers, body, at)


class ExampleContract(ConnectorContract):
    """The contract suite on Example."""

    connector = ExampleConnector
    samples = SAMPLES
    later = ("create_order",)
    login_call = "login"

    def make_case(self, clock: FixedClock) -> Case:
        """Return an empty Example account."""
        simulator = ExampleSimulator(clock=clock)
        return Case(
            simulator=simulator,
            clock=clock,
            connect=lambda: connect(simulator, clock),
            secrets=(APP_SECRET, WEBHOOK_SECRET),
            exercises={"create_order": Exercise(order(), call="create")},
            webhooks=Webhooks(
                body=(SAMPLES / "webhook_order_changed.json").read_bytes(),
                sign=webhook,
                signature="x-example-signature",
            ),
            change=lambda: simulator.enter_order("C-1042"),
            stream="order",
            refusal="客户不存在",
        )

    def read_sample(self, connector: Connector, sample: Path) -> None:
        """Webhooks and answers, told apart by the file's name."""
        if sample.name.startswith("webhook_"):
            parse_notice(sample.read_bytes())
        else:
            parse_answer(sample.read_bytes(), Outcome.UNKNOWN)
