"""Connectors that come with the hub, registered in the entry-point group `hub.connectors`."""
