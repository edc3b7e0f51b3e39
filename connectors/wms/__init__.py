"""Connectors to WMS products."""
