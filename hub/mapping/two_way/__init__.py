"""The way back of a two-way mapping."""
