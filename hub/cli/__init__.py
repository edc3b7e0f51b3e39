"""The command line: one file per group of commands.

Nothing heavy is imported before a command runs, so that `hub --help` is quick. Every listing has
`--json`: one JSON object per line. Exit codes: 0 fine, 1 findings, refused or not found, 2 usage
and configuration, 3 cannot tell, 4 unreachable, 70 internal.
"""
