"""What fills one field: the words of a rule, each compiled to a step."""
