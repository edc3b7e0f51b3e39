"""Field comparison, for read-backs of deliveries and for reconciliation alike.

documents   what was delivered with what the far end shows, field by field
forms       the one form a value is compared in: exact, without floats
fields      what two values of a field are to each other, with its tolerance
"""

from hub.compare.documents import Comparable, Difference, compare

__all__ = ["Comparable", "Difference", "compare"]
