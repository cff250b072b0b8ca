"""Kinds that are not Kubernetes' own: which of them only describe, which make pods and Services that a stack doesn't show, and which
bring anything at all."""

from __future__ import annotations

DESCRIBING = frozenset(
    {
        "acme.cert-manager.io",
        "bitnami.com",
        "cert-manager.io",
        "cilium.io",
        "cloud.google.com",
        "configuration.konghq.com",
        "constraints.gatekeeper.sh",
        "crd.projectcalico.org",
        "eks.amazonaws.com",
        "elbv2.k8s.aws",
        "external-secrets.io",
        "gateway.envoyproxy.io",
        "gateway.k8s.aws",
        "generators.external-secrets.io",
        "karpenter.azure.com",
        "karpenter.k8s.aws",
        "karpenter.sh",
        "kueue.x-k8s.io",
        "linkerd.io",
        "networking.gke.io",
        "networking.istio.io",
        "notification.toolkit.fluxcd.io",
        "policy.linkerd.io",
        "projectcalico.org",
        "secrets-store.csi.x-k8s.io",
        "secrets.hashicorp.com",
        "security.istio.io",
        "source.toolkit.fluxcd.io",
        "telemetry.istio.io",
        "templates.gatekeeper.sh",
        "traefik.containo.us",
        "traefik.io",
        "vpcresources.k8s.aws",
    }
)
"""API groups beside Kubernetes' own whose objects make no Services or pods."""
DESCRIBING_KINDS = {
    "argoproj.io": ("AnalysisTemplate", "AppProject", "ClusterAnalysisTemplate"),
    "flagger.app": ("AlertProvider", "MetricTemplate"),
    "grafana.integreatly.org": (
        *("GrafanaAlertRuleGroup", "GrafanaContactPoint", "GrafanaDashboard", "GrafanaDatasource", "GrafanaFolder"),
        *("GrafanaLibraryPanel", "GrafanaMuteTiming", "GrafanaNotificationPolicy", "GrafanaNotificationTemplate"),
    ),
    "kafka.strimzi.io": ("KafkaConnector", "KafkaRebalance", "KafkaTopic", "KafkaUser"),
    "keda.sh": ("ClusterTriggerAuthentication", "ScaledObject", "TriggerAuthentication"),
    "monitoring.coreos.com": ("AlertmanagerConfig", "PodMonitor", "Probe", "PrometheusRule", "ScrapeConfig", "ServiceMonitor"),
    "opentelemetry.io": ("Instrumentation",),
    "postgresql.cnpg.io": (
        *("Backup", "ClusterImageCatalog", "Database", "ImageCatalog", "Publication", "ScheduledBackup", "Subscription"),
    ),
    "projectcontour.io": ("HTTPProxy", "TLSCertificateDelegation"),
    "rabbitmq.com": ("Binding", "Exchange", "Federation", "Permission", "Policy", "Queue", "Shovel", "TopicPermission", "User", "Vhost"),
    "velero.io": ("Backup", "BackupStorageLocation", "Schedule", "VolumeSnapshotLocation"),
}
"""Those of groups that have other kinds too, which make pods: a Workflow, a Kafka, a Prometheus, a Restore."""
CLOUDS = (
    *(".aws.upbound.io", ".aws.m.upbound.io", ".azure.upbound.io", ".azure.m.upbound.io", ".gcp.upbound.io", ".gcp.m.upbound.io"),
    *(".cnrm.cloud.google.com", ".services.k8s.aws"),
)
"""Ends of groups of Crossplane, Config Connector and AWS' controllers: what their objects make is outside the cluster."""
KUBERNETES = ".k8s.io"
MAKING = ("flinkoperator.k8s.io", "sparkoperator.k8s.io")
"""Groups that have a name like Kubernetes' own, and make pods."""
OPERATORS = frozenset(
    {
        *MAKING,
        "acid.zalan.do",
        "apm.k8s.elastic.co",
        "beat.k8s.elastic.co",
        "cassandra.datastax.com",
        "clickhouse.altinity.com",
        "core.strimzi.io",
        "databases.spotahome.com",
        "elasticsearch.k8s.elastic.co",
        "flink.apache.org",
        "grafana.integreatly.org",
        "jaegertracing.io",
        "k8s.keycloak.org",
        "k8s.mariadb.com",
        "k8ssandra.io",
        "kafka.strimzi.io",
        "keda.sh",
        "kibana.k8s.elastic.co",
        "logstash.k8s.elastic.co",
        "loki.grafana.com",
        "minio.min.io",
        "mongodb.com",
        "mongodbcommunity.mongodb.com",
        "monitoring.coreos.com",
        "opensearch.opster.io",
        "opentelemetry.io",
        "pgv2.percona.com",
        "postgres-operator.crunchydata.com",
        "postgresql.cnpg.io",
        "ps.percona.com",
        "psmdb.percona.com",
        "pxc.percona.com",
        "rabbitmq.com",
        "ray.io",
        "redis.redis.opstreelabs.in",
        "serving.knative.dev",
        "tekton.dev",
        "tempo.grafana.com",
    }
)
"""Groups whose objects make pods of their own, and no policy, budget or autoscaler for those of somebody else."""
OPERATORS_KINDS = {"argoproj.io": ("CronWorkflow", "EventBus", "EventSource", "Sensor", "Workflow", "WorkflowTemplate")}
"""Those of groups that have other kinds too, which bring anything: an Application."""


def only_describes(group: str, kind: str) -> bool:
    """Whether objects of a kind make no Services or pods. Of a kind that isn't known nobody can say so."""
    own = "." not in group or (group.endswith(KUBERNETES) and group not in MAKING)
    return own or group in DESCRIBING or group.endswith(CLOUDS) or kind in DESCRIBING_KINDS.get(group, ())


def makes_only_its_own(group: str, kind: str) -> bool:
    """Whether objects of a kind make nothing at all, or nothing for the pods of somebody else. Who brings a whole chart may."""
    return only_describes(group, kind) or group in OPERATORS or kind in OPERATORS_KINDS.get(group, ())
