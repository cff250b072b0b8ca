"""Pipelines that open, update and close the environment of a pull request, and remove what is over, for each provider of pipelines."""
