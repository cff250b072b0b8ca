"""Sources: what a gate is pointed at, read into resources: manifests, rendered stacks, plans and states of Pulumi."""

from idp_components.rules.sources.document import Document, SourceError, Target
from idp_components.rules.sources.target import read

__all__ = ["Document", "SourceError", "Target", "read"]
