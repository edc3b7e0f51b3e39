"""A folder that any system which reads or writes tables takes part through."""
