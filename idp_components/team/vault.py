"""Builder: how a team's namespace signs in to Vault, where the platform has one."""

from __future__ import annotations

from idp_components.core import labels
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest

API_VERSION = "secrets.hashicorp.com/v1beta1"
"""Of the Vault Secrets Operator."""
ROLE = "teams"
"""One role of Vault for all namespaces: its policy is a template that names the namespace ("ACL policy path templating")."""
SERVICE_ACCOUNT = "idp-vault"
"""The only service account of a namespace that Vault lets in; no pod runs as it."""
AUDIENCE = "vault"


def vault_login(context: Context) -> list[Manifest]:
    """A VaultAuth and its service account, with `idp:vault`."""
    if not context.cluster.vault:
        return []

    def metadata(name: str) -> dict[str, object]:
        return {"name": name, "namespace": context.namespace, "labels": labels.ownership(context)}

    login = {"role": ROLE, "serviceAccount": SERVICE_ACCOUNT, "audiences": [AUDIENCE]}
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": metadata(SERVICE_ACCOUNT),
            "automountServiceAccountToken": False,
        },
        {
            "apiVersion": API_VERSION,
            "kind": "VaultAuth",
            "metadata": metadata("team"),
            "spec": {"method": "kubernetes", "mount": context.cluster.vault, "kubernetes": login},
        },
    ]
