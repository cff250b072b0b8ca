"""The offline provider for AWS: calls of botocore's service model, for machines where the official plugin can't be had."""
