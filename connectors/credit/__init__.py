"""Connectors to credit and company data products."""
