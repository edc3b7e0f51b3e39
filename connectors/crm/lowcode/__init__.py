"""Low-code CRM platforms such as Jiandaoyun."""
