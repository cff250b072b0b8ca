"""`python -m idp_sandbox.plugins.kubernetes ENGINE`: serve the provider."""

import sys

from idp_sandbox.plugins.kubernetes.provider import KubernetesProvider
from idp_sandbox.plugins.proto import provider_pb2_grpc
from idp_sandbox.plugins.serve import serve

provider = KubernetesProvider(engine=sys.argv[-1] if len(sys.argv) > 1 else "")
serve(lambda server: provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server))
