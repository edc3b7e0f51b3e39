"""Connectors to places where files are left."""
