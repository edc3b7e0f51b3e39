"""Help for whoever writes a mapping file: words, schema, repairs, scaffolds."""
