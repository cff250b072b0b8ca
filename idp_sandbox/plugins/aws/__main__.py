"""`python -m idp_sandbox.plugins.aws ENGINE`: serve the provider."""

from idp_sandbox.plugins.aws.provider import AwsProvider
from idp_sandbox.plugins.proto import provider_pb2_grpc
from idp_sandbox.plugins.serve import serve

serve(lambda server: provider_pb2_grpc.add_ResourceProviderServicer_to_server(AwsProvider(), server))
