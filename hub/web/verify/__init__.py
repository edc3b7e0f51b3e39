"""The public page on which anybody checks a document."""
