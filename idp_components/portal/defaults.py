"""What an environment's profile says where a spec says nothing, for the forms to show."""

from __future__ import annotations

from idp_components.core.profiles import PROFILES

FROM_PROFILE = {
    "service": {"spec.scaling.min_replicas": "replicas_min", "spec.scaling.max_replicas": "replicas_max"},
    "worker": {"spec.scaling.min_replicas": "replicas_min", "spec.scaling.max_replicas": "replicas_max"},
    "database": {
        "spec.runs_on": "database_on",
        "spec.instance_class": "database_instance_class",
        "spec.backup_days": "database_backup_days",
    },
    "cache": {"spec.runs_on": "cache_on"},
}
"""Fields of forms whose default is the profile's, by golden path, with the profile's own field."""


def defaults(path: str) -> dict[str, dict[str, str]]:
    """What each environment says, by the name of the field."""
    return {
        name: {environment: str(getattr(profile, attribute)) for environment, profile in PROFILES.items() if not profile.guest_of}
        for name, attribute in FROM_PROFILE.get(path, {}).items()
    }
