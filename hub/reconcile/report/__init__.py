"""Reports: one value (`value.Report`), and what renders it."""
