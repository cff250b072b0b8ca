"""Bringing stacks up, and saying what came of it."""
