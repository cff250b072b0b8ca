"""The offline provider for random values, for machines where the official plugin can't be had."""
