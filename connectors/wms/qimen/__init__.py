"""Warehouses that speak the Qimen protocol."""
