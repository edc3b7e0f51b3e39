"""Connectors to instant messaging products."""
