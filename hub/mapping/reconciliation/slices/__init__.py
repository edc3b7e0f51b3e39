"""Slices of a reconciliation: amounts by period, subject, state, and how sure they are."""
