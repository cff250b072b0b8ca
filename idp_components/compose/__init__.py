"""Uffizzi's compose files, `x-uffizzi` and all: in both directions, with a list of what could not come along."""
