"""The options of a connection to a low-code platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from connectors.crm.lowcode import signing
from connectors.crm.lowcode.profile import Place
from hub import ConnectorSettings

#: Streams a form can feed.
StreamName = Literal["commitment", "contract"]

#: What the text to sign can be made of.
PARTS = ("method", "path", "body", "timestamp", "nonce", "secret")


class _Option(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Form(_Option):
    """One form of the platform."""

    entry_id: str
    #: Application the form is in; the connection's `app_id` when left out.
    app_id: str | None = None


class JiandaoyunSignature(_Option):
    """Jiandaoyun's own: SHA-1 of nonce, body, secret and timestamp, in `X-JDY-Signature`."""

    method: Literal["jiandaoyun"]


class TemplateSignature(_Option):
    """A signature over an ordered template, as most platforms have one."""

    method: Literal["hmac"]
    #: The text that is signed, of `{method} {path} {body} {timestamp} {nonce} {secret}`.
    template: str
    signature: Place
    algorithm: Literal["sha256", "sha1", "md5"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    #: HMAC with the secret as key; false: a plain digest, the template then holds `{secret}`.
    keyed: bool = True
    #: Text before the signature, such as `sha256=`.
    prefix: str = ""
    timestamp: Place | None = None
    unit: Literal["s", "ms"] = "s"
    nonce: Place | None = None

    @model_validator(mode="after")
    def _complete(self) -> TemplateSignature:
        used = signing.placeholders(self.template)
        unknown = sorted(set(used) - set(PARTS))
        if unknown:
            raise ValueError(f"template: unknown {unknown[0]}; it may hold {', '.join(PARTS)}")
        if "body" not in used:
            raise ValueError("template: without {body} anybody could change what a push says")
        if not self.keyed and "secret" not in used:
            raise ValueError("template: with keyed: false it must hold {secret}")
        if ("timestamp" in used) != (self.timestamp is not None):
            raise ValueError("timestamp: name its place and put {timestamp} in the template")
        if ("nonce" in used) != (self.nonce is not None):
            raise ValueError("nonce: name its place and put {nonce} in the template")
        return self


class StaticToken(_Option):
    """The secret itself, in a header or in the query; the weakest, where there is nothing else."""

    method: Literal["token"]
    token: Place


Verification = Annotated[
    JiandaoyunSignature | TemplateSignature | StaticToken, Field(discriminator="method")
]


class LowcodeSettings(ConnectorSettings):
    """Options of one connection; secrets as `${env:NAME}` or `${file:PATH}`."""

    # an error must not quote the options around it, among which are the secrets
    model_config = ConfigDict(hide_input_in_errors=True)

    base_url: str = "https://api.jiandaoyun.com/api"
    flavour: Literal["jiandaoyun", "generic"] = "jiandaoyun"
    api_key: SecretStr
    #: Secret of the push settings; without one every webhook is refused and only polling works.
    webhook_secret: SecretStr | None = None
    #: How a webhook proves itself; `jiandaoyun` for that flavour, nothing (refused) for others.
    verification: Verification | None = None
    #: Oldest and newest time stamp of a webhook that is believed, in seconds from now.
    replay_window: Annotated[int, Field(ge=1, le=86_400)] = 300
    #: Application of the forms that name none.
    app_id: str | None = None
    #: Stream → the form that feeds it.
    forms: Annotated[Mapping[StreamName, Form], Field(min_length=1)]
    #: A webhook is only a hint: the record is read again by its id before use.
    reread: bool = True
    #: Id of the platform's user that the API key writes as; its own pushes are echoes.
    writer_id: str | None = None
    #: Text field the hub signs its writes in. The form clears it whenever a person saves.
    hub_marker: str | None = None
    #: Field of the form that takes the annex.
    annex_field: str = "annex"
    #: Field → values: when all fit, the item gets `_approved: true`, otherwise `false`.
    #: Jiandaoyun's own workflow says `{flowState: ["1"]}`.
    approved_when: Mapping[str, Sequence[str]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self) -> LowcodeSettings:
        for stream, form in self.forms.items():
            if not (form.app_id or self.app_id):
                raise ValueError(f"forms.{stream}: give it an app_id, or the connection one")
        return self

    def proof(self) -> JiandaoyunSignature | TemplateSignature | StaticToken | None:
        """Return how a webhook proves itself; None: nothing is configured, so none can."""
        if self.verification is None and self.flavour == "jiandaoyun":
            return JiandaoyunSignature(method="jiandaoyun")
        return self.verification

    def form(self, stream: str) -> dict[str, str]:
        """Return `app_id` and `entry_id` of the form behind a stream; KeyError without one."""
        form = self.forms[stream]  # type: ignore[index]  # a plain text is looked up too
        return {"app_id": form.app_id or self.app_id or "", "entry_id": form.entry_id}

    def stream_of(self, app_id: str | None, entry_id: str | None) -> str | None:
        """Return the stream a form feeds; a push that names no form is of the only one."""
        if entry_id is None:
            return next(iter(self.forms)) if len(self.forms) == 1 else None
        for stream in self.forms:
            known = self.form(stream)
            if known["entry_id"] == entry_id and app_id in (None, known["app_id"]):
                return stream
        return None
