"""The store: tables, the functions that read and write them, and the two threads that run those.

The database is the truth. SQL stands in this package only; a stage in `hub.flow` hands a plain
function to `Store.write`, which runs it in one transaction.
"""
