"""Pulumi plugins for machines where the official ones can't be had: the language host and the providers."""
