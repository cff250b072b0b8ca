"""Which cluster: the provider's own settings, else KUBECONFIG, else the user's default."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from lightkube.config.kubeconfig import KubeConfig, SingleConfig
from lightkube.core.exceptions import ConfigError

from idp_sandbox.plugins.kubernetes.api import Api

READING = threading.Lock()
"""One kubeconfig at a time: msgspec, which lightkube reads it with, ends the process where several threads decode a type first."""


class NoCluster(Exception):
    """No kubeconfig leads to a cluster."""


def connect(settings: Mapping[str, Any]) -> Api:
    """A connection to the cluster that the settings name; safe for many threads. Raises NoCluster."""
    with READING:
        return Api(_chosen(settings))


def _chosen(settings: Mapping[str, Any]) -> SingleConfig:
    given = settings.get("kubeconfig")
    try:
        if given and "\n" not in given and not given.lstrip().startswith("{"):
            config = KubeConfig.from_file(Path(given).expanduser())
        elif given:
            config = KubeConfig.from_dict(yaml.safe_load(given))
        else:
            config = KubeConfig.from_env()
        chosen = config.get(settings.get("context"))
    except (ConfigError, OSError, yaml.YAMLError) as error:
        source = "the provider's kubeconfig" if given else f"KUBECONFIG={os.environ.get('KUBECONFIG', '~/.kube/config')}"
        raise NoCluster(f"{source} leads to no cluster: {error}") from error
    if chosen is None:
        raise NoCluster("no kubeconfig names a cluster; set KUBECONFIG, or give the provider a kubeconfig")
    return chosen
