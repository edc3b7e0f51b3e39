"""Connectors that come with the hub; each registers through the entry-point group `hub.connectors`."""
