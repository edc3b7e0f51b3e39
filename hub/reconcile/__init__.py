"""Do all systems agree, which one is wrong, why, and what repairs it.

collect     read the sides of a definition, canonical row by row, into a snapshot
candidates  the database finds the keys whose rows are not plainly equal
judge       one comparator says what differs, exactly
classify    the delivery ledger says which side is wrong and why
repair      proposals, carried out as ordinary deliveries
report/     one value, rendered as HTML, XLSX, CSV, JSON and for the terminal
"""
