"""The console: what a person sees and decides in a browser, without any JavaScript.

Signing in exchanges a personal token for a visit; every page belongs to one. What is decided goes
through `hub.service.actions`, as it does from the command line.
"""
