"""Commitment health: what became of every promise, how long it took, and what keeps it."""
