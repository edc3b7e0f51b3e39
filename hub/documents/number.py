"""The watermark number: `HX-2611-4837-2059-1864-10`.

Letters of the company, year and month, twelve random digits, two check digits (ISO 7064 MOD 97-10,
reckoned as for an IBAN). Random, so that it cannot be guessed; digits after the letters, so that it
can be said by telephone in any language and typed on a keypad.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Number:
    """A number whose check digits fit, in its canonical form: letters and 18 digits."""

    text: str

    def __str__(self) -> str:
        """Return it as it is printed, in groups."""
        raise NotImplementedError
