"""The pack `idp-security`: what an intruder would look for."""

from idp_components.rules.kubernetes import image, pod_security_baseline, pod_security_restricted, workload
from idp_components.rules.levels import ADVICE, ALWAYS, RELAXED
from idp_components.rules.packs.model import Pack, each

SECURITY = Pack(
    name="idp-security",
    description="What an intruder would look for: pods with rights over their node, images from anywhere, open doors, wide rights.",
    levels={
        **each(pod_security_baseline.RULES, ALWAYS),
        **each(pod_security_restricted.RULES, ALWAYS),
        **each(image.RULES, ALWAYS),
        workload.read_only_root_filesystem: RELAXED,
        workload.service_account_token: ADVICE,
        workload.default_namespace: ADVICE,
    },
)
