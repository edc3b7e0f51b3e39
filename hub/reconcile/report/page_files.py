"""Parts of the page of a report: template, style, script, and the policy that allows only these."""

from __future__ import annotations

import base64
import functools
import hashlib
from importlib import resources

import jinja2


@functools.cache
def template(name: str) -> jinja2.Template:
    """Return a template of a page; whatever is put into it is escaped."""
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string(part(name))


@functools.cache
def part(name: str) -> str:
    """Return a file of the folder `page`."""
    return resources.files(__package__).joinpath("page", name).read_text("utf-8")


def source(words: str) -> str:
    """Return the hash by which a policy allows exactly this script or style."""
    digest = base64.b64encode(hashlib.sha256(words.encode()).digest()).decode()
    return f"sha256-{digest}"
