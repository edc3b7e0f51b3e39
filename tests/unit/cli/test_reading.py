"""Looking: listings, single things, the whole story."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import PHONE, SECRETS, STREET, Hub
