"""Reports of figures, tables and charts: one value, and what writes it in each format."""
