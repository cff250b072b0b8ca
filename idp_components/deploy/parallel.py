"""How much the engine does at once."""

PARALLEL = 32
"""Resources: while one of them is made or removed, the engine mostly waits for the cluster (Pulumi's default is 4 for each core)."""
