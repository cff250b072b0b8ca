"""The Python language host, for machines where the official one can't be had."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

import grpc
from google.protobuf import empty_pb2
from google.protobuf.json_format import MessageToDict

from idp_sandbox.plugins.program import BAILED
from idp_sandbox.plugins.proto import language_pb2, language_pb2_grpc, plugin_pb2
from idp_sandbox.plugins.serve import serve

PROGRAM = Path(__file__).with_name("program.py")


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs Python programs and policy packs for the engine. Code generation and linking of packages need the official host."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.children: set[subprocess.Popen[bytes]] = set()

    def Handshake(self, request: Any, context: Any) -> Any:
        self.engine = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi"))

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:
        """None: the providers stand beside the engine, and naming versions would make it look for others."""
        return language_pb2.GetRequiredPackagesResponse()

    def About(self, request: Any, context: Any) -> Any:
        return language_pb2.AboutResponse(executable=interpreter(request.info, context), version=sys.version.split()[0])

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:
        found = [language_pb2.DependencyInfo(name=package.name, version=package.version) for package in metadata.distributions()]
        return language_pb2.GetProgramDependenciesResponse(dependencies=found)

    def Run(self, request: Any, context: Any) -> Any:
        command = [interpreter(request.info, context), "-u", "-P", str(PROGRAM)]  # -P: the folder of PROGRAM has a package `random`
        for name, value in (
            ("monitor", request.monitor_address),
            ("engine", self.engine),
            ("project", request.project),
            ("stack", request.stack),
            ("organization", request.organization),
            ("root-directory", request.info.root_directory),
            ("parallel", str(request.parallel)),
        ):
            command += [f"--{name}={value}"]
        command += [*(["--dry-run"] if request.dryRun else []), str(Path(request.info.program_directory, request.info.entry_point))]
        config = {
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        child = self._start(command, request.pwd, config, context)
        code = child.wait()
        self.children.discard(child)
        return language_pb2.RunResponse(
            bail=code == BAILED, error="" if code in (0, BAILED) else f"the program ended with exit code {code}"
        )

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:
        """A policy pack: its output goes back in pieces, its exit code last."""
        if request.kind not in ("analyzer", "resource"):
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"plugins of kind {request.kind!r} need the official Python language host")
        module = ["-m", "pulumi.policy"] if request.kind == "analyzer" else []
        command = [interpreter(request.info, context), "-u", *module, *request.args[:1], request.info.program_directory, *request.args[1:]]
        env = dict(variable.split("=", 1) for variable in request.env)
        child = self._start(command, request.pwd, env, context, output=subprocess.PIPE)
        yield from (_output(child))
        yield language_pb2.RunPluginResponse(exitcode=child.wait())
        self.children.discard(child)

    def Cancel(self, request: Any, context: Any) -> Any:
        for child in list(self.children):
            child.terminate()
        return empty_pb2.Empty()

    def _start(
        self, command: list[str], folder: str, env: dict[str, str], context: Any, output: int | None = None
    ) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(command, cwd=folder, env={**os.environ, **env}, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        self.children.add(child)
        context.add_callback(child.kill)  # the engine hung up: nobody waits for the program any more
        return child


def interpreter(info: Any, context: Any) -> str:
    """Python of the virtual environment that the project names, else the host's own."""
    options = MessageToDict(info.options) if info.HasField("options") else {}
    name = options.get("virtualenv")
    if not name:
        return sys.executable
    python = Path(info.root_directory, name, "bin", "python")
    if not python.exists():
        context.abort(
            grpc.StatusCode.FAILED_PRECONDITION,
            f"Pulumi.yaml runtime.options.virtualenv is {name!r}, but there is no {python}; make it with: python3 -m venv {name}",
        )
    return str(python)


def _output(child: subprocess.Popen[bytes]) -> Iterator[Any]:
    """Pieces of the child's output as they come."""
    pieces: SimpleQueue[tuple[str, bytes]] = SimpleQueue()

    def read(name: str, stream: IO[bytes]) -> None:
        while data := stream.read1(65536):  # type: ignore[attr-defined]
            pieces.put((name, data))
        pieces.put((name, b""))

    streams = {"stdout": child.stdout, "stderr": child.stderr}
    for name, stream in streams.items():
        threading.Thread(target=read, args=(name, stream), daemon=True).start()
    open_streams = len(streams)
    while open_streams:
        name, data = pieces.get()
        if data:
            yield language_pb2.RunPluginResponse(**{name: data})  # type: ignore[arg-type]  # one field of three
        else:
            open_streams -= 1


def main() -> None:
    """Serve until the engine is done."""
    host = LanguageHost(engine=sys.argv[-1])

    def end(*_: object) -> None:
        for child in list(host.children):
            child.send_signal(signal.SIGKILL)
        os._exit(0)

    serve(lambda server: language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server), on_end=end)


if __name__ == "__main__":
    main()
