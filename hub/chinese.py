"""The Chinese of every sentence that `hub.language.say` makes: English template → Chinese.

Both name the same values in braces; tests hold the table complete.
"""

from __future__ import annotations

from collections.abc import Mapping

CHINESE: Mapping[str, str] = {}
