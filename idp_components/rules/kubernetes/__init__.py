"""Rules about Kubernetes objects."""

from idp_components.rules.kubernetes import image, pod_security_baseline, pod_security_restricted, workload

RULES = (*pod_security_baseline.RULES, *pod_security_restricted.RULES, *image.RULES, *workload.RULES)
