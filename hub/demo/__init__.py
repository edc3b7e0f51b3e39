"""The demo: a whole company on one machine, with far ends that misbehave, and the proof after it.

`folder` writes the settings, `servers` plays the far ends in a process of its own, `story` is
what people ask for, `play` lets them ask, `watch` and `screen` show it, `check` judges it.
"""
