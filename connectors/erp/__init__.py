"""Connectors to ERP products."""
