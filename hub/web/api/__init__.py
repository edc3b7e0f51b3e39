"""`/api/v1`: what other programs see of the hub and do to it, for persons with a token."""
