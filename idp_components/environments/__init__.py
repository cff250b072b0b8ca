"""Environments that end, seen from outside: which there are, how long each stays, sleep, and the way to leave nothing behind."""
