"""The tests inside a mapping file: read, run, measured, brought up to date."""
