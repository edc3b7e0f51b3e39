"""Reconciliation files: definition (the whole), its sides, its fields, and its policy."""
