"""The offline provider for Kubernetes: server-side apply, dry runs and waiting, for machines where the official plugin can't be had."""
