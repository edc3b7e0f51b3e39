"""Connectors to CRM products."""
