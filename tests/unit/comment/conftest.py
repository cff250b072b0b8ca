"""A host of repositories on loopback, of each kind."""

from hosts import remote

__all__ = ["remote"]
