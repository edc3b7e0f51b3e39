"""Schema of the store, one file in `versions` for each change, applied in order and never edited.

`hub.store.upkeep` runs them. A change comes in two files where a running older program must go on
meanwhile: what is safe under it first, what is not in the next release.
"""
