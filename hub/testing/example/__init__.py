"""Example: orders over JSON, webhooks, and orders that are answered later."""
