"""What the hub serves over HTTP: webhooks, health, metrics."""
