"""What a look at a number, a file or a picture proves, and what it does not."""

from __future__ import annotations

import enum


class Verdict(enum.StrEnum):
    """The result kinds of a check."""

    #: The very file that was issued, byte for byte, and still in force.
    GENUINE = "genuine"
    #: The very file that was issued; a newer one took its place.
    GENUINE_SUPERSEDED = "genuine_superseded"
    #: The very file that was issued; it was revoked.
    GENUINE_REVOKED = "genuine_revoked"
    #: A record of it exists; what stands on the paper has to be compared by whoever holds it.
    RECORD_ONLY = "record_only"
    #: A file from outside that is bound to a record by its hash, byte for byte.
    BOUND = "bound"
    #: It carries a number or code of ours, and is not what was issued.
    ALTERED = "altered"
    #: Nothing of ours is known by it.
    UNKNOWN = "unknown"
    #: The number was mistyped.
    BAD_CHECK_DIGIT = "bad_check_digit"
    #: Nothing could be read from it.
    UNREADABLE = "unreadable"
    #: Its codes disagree with each other, or the register with the ledger.
    CONFLICT = "conflict"
