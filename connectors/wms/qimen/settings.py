"""Options of a connection to a warehouse that speaks the Qimen protocol."""

from __future__ import annotations

from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator

from connectors.wms.qimen.signing import Wrap
from hub import ConnectorSettings


class QimenSettings(ConnectorSettings):
    """Options of one warehouse that speaks the Qimen protocol."""

    #: Address of the gateway or of the warehouse system itself, without a query.
    base_url: str
    app_key: str = Field(min_length=1)
    secret: SecretStr = Field(min_length=1)
    #: The merchant's id at the warehouse.
    customer_id: str = Field(min_length=1)
    #: Owner of the goods, used on lines that name none.
    owner_code: str = Field(min_length=1)
    #: Used for orders that name no warehouse.
    warehouse_code: str = Field(min_length=1)
    #: How the secret is put around the signed text; ask the warehouse when signatures fail.
    sign_wrap: Wrap = "both"
    #: How many seconds a callback's time may differ from ours.
    max_skew_seconds: int = Field(default=900, ge=1)
    #: IANA zone of the warehouse's times.
    zone: str = "Asia/Shanghai"

    @field_validator("base_url")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must be an http or https address")
        if parts.query or parts.fragment:
            raise ValueError("must have no query: every parameter is part of the signature")
        return value

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{value!r} is no IANA time zone, such as Asia/Shanghai") from None
        return value
