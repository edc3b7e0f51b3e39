"""The expression language: tokens, tree, parser, and what it compiles to."""
