"""The frozen content of an annex: what was approved, as canonical JSON (RFC 8785)."""
