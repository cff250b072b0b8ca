"""The catalogue: what exists, who owns it, whether it is well; derived from the stacks' state and the live cluster."""

from idp_components.catalog.build import build
from idp_components.catalog.model import Catalog, Change, Environment, Item, Pods, Problem, Team

__all__ = ["Catalog", "Change", "Environment", "Item", "Pods", "Problem", "Team", "build"]
