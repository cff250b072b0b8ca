"""What is built, out of which pinned modules, and which programs come of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

MODULES = Path(__file__).parent
PULUMI_VERSION = "3.259.0"
"""The newest engine that the Go module proxy serves; pyproject.toml pins the SDK to the same minor version."""
KUBERNETES_VERSION = "1.36.1"
ETCD_VERSION = "3.6.8"
HELM_VERSION = "3.20.0"
KWOK_VERSION = "0.8.0"
ARGOCD_VERSION = "3.2.1"
VCLUSTER_VERSION = "0.30.0"
OPA_VERSION = "1.22.2"


@dataclass(frozen=True)
class Bundle:
    """One Go module of ours whose programs are built, or whose dependencies' files are copied, together."""

    name: str
    title: str
    """What people read while it is built."""
    programs: tuple[str, ...]
    """Files in `bin/` that must be there and executable when it is done."""
    variables: tuple[str, ...] = ()
    """`-X` linker settings: the versions that the programs report."""
    main: str = ""
    """Name of the program that our own package in the folder makes, if it has one."""
    links: tuple[str, ...] = ()
    """Further names of `main`, which looks at the name that it is run by."""
    files: tuple[tuple[str, str], ...] = field(default=())
    """Files and folders of dependencies to copy: module path, pattern inside it."""

    @property
    def folder(self) -> Path:
        """Our module."""
        return MODULES / self.name

    @property
    def flags(self) -> list[str]:
        """Flags of the Go compiler: small binaries that name no path of this machine."""
        return ["-trimpath", "-ldflags", " ".join(["-s", "-w", *(f"-X {variable}" for variable in self.variables)])]

    @property
    def key(self) -> str:
        """Changes with everything that could change the result."""
        content = hashlib.sha256(repr((self.flags, self.programs, self.main, self.links, self.files)).encode())
        for path in sorted(self.folder.iterdir()):
            content.update(path.read_bytes())
        return f"{self.name}-{content.hexdigest()[:16]}"


BUNDLES = {
    bundle.name: bundle
    for bundle in (
        Bundle(
            name="pulumi",
            title=f"Pulumi {PULUMI_VERSION}",
            programs=("pulumi",),
            variables=(f"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={PULUMI_VERSION}",),
        ),
        Bundle(
            name="kube",
            title=f"Kubernetes {KUBERNETES_VERSION}, helm and kwok",
            programs=("kube", "helm", "kwok", "kwokctl"),
            variables=(
                f"k8s.io/component-base/version.gitVersion=v{KUBERNETES_VERSION}",
                "k8s.io/component-base/version.gitMajor=1",
                f"k8s.io/component-base/version.gitMinor={KUBERNETES_VERSION.split('.')[1]}",
            ),
            main="kube",
            links=("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"),
        ),
        Bundle(
            name="crds",
            title="resource definitions of the Gateway API, Prometheus, Argo CD, Vault and the VPC controller",
            programs=(),
            files=(
                ("sigs.k8s.io/gateway-api", "config/crd/standard/*.yaml"),
                ("github.com/prometheus-operator/prometheus-operator", "example/prometheus-operator-crd/*_servicemonitors.yaml"),
                ("github.com/prometheus-operator/prometheus-operator", "example/prometheus-operator-crd/*_podmonitors.yaml"),
                ("github.com/prometheus-operator/prometheus-operator", "example/prometheus-operator-crd/*_prometheusrules.yaml"),
                ("github.com/argoproj/argo-cd/v3", "manifests/crds/*-crd.yaml"),
                ("github.com/aws/amazon-vpc-resource-controller-k8s", "config/crd/bases/*_securitygrouppolicies.yaml"),
                ("github.com/hashicorp/vault-secrets-operator", "config/crd/bases/*_vaultauths.yaml"),
            ),
        ),
        Bundle(
            name="argocd",
            title=f"Argo CD {ARGOCD_VERSION}",
            programs=("argocd",),
            main="argocd",
            links=(
                "argocd-application-controller",
                "argocd-applicationset-controller",
                "argocd-repo-server",
                "argocd-git-ask-pass",
                "argocd-redis",
            ),
        ),
        Bundle(
            name="vcluster",
            title=f"vcluster {VCLUSTER_VERSION}",
            programs=("vcluster",),
            files=(("github.com/loft-sh/vcluster", "chart"),),
        ),
        Bundle(name="opa", title=f"Open Policy Agent {OPA_VERSION}, gator and conftest", programs=("opa", "gator", "conftest")),
    )
}
