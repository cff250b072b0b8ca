"""The messages of the engine's protocol, without the SDK that ships them."""

from google.protobuf import empty_pb2, struct_pb2

from idp_components.core.protocol import without_sdk

with without_sdk():
    from pulumi.runtime.proto import analyzer_pb2, plugin_pb2

__all__ = ["analyzer_pb2", "empty_pb2", "plugin_pb2", "struct_pb2"]
