"""The Python language host, for machines where the official one can't be had."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2

from idp_sandbox.plugins import interpreter
from idp_sandbox.plugins.guest.program import BAILED
from idp_sandbox.plugins.install import InstallFailed, install
from idp_sandbox.plugins.output import pieces
from idp_sandbox.plugins.proto import language_pb2, language_pb2_grpc, plugin_pb2
from idp_sandbox.plugins.serve import serve

GUEST = Path(__file__).with_name("guest")
PROGRAM = GUEST / "program.py"
RUNNERS: Mapping[str, tuple[str, ...]] = {"analyzer": (str(GUEST / "policy.py"),), "resource": ()}
"""Kinds of plugins that can be written in Python, and what runs each."""


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs Python programs and policy packs for the engine."""

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
        """None: resources ask for their providers in any case, and of an SDK that is installed but not used none has to be had."""
        return language_pb2.GetRequiredPackagesResponse()

    def About(self, request: Any, context: Any) -> Any:
        found = _interpreter(request.info, context)
        return language_pb2.AboutResponse(executable=found.python, version=found.describe()["python"])

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:
        found = _interpreter(request.info, context).describe()
        names = found["packages"] if request.transitiveDependencies else found["direct"]
        packages = [language_pb2.DependencyInfo(name=name, version=found["packages"][name]) for name in names]
        return language_pb2.GetProgramDependenciesResponse(dependencies=packages)

    def Run(self, request: Any, context: Any) -> Any:
        found = _interpreter(request.info, context)
        checker = interpreter.options(request.info).get("typechecker")
        if checker and self._call([found.python, "-m", checker, request.info.program_directory], request.pwd, found.variables, context):
            return language_pb2.RunResponse(error=f"{checker} found errors; the program was not run (runtime.options.typechecker)")
        config = {
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        command = [found.python, "-u", str(PROGRAM), *self._arguments(request)]
        code = self._call(command, request.pwd, {**found.variables, **config}, context)
        error = "" if code in (0, BAILED) else f"the program ended with exit code {code}"
        return language_pb2.RunResponse(bail=code == BAILED, error=error)

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:
        """A policy pack or a provider: its output goes back in pieces, its exit code last."""
        if request.kind not in RUNNERS:
            _needs_the_official_host(context, f"a plugin of kind {request.kind!r}", f"kinds that run here: {', '.join(RUNNERS)}")
        found = _interpreter(request.info, context)
        command = [found.python, "-u", *RUNNERS[request.kind], *_plugin_arguments(request)]
        env = {**found.variables, **dict(variable.split("=", 1) for variable in request.env)}
        child = self._start(command, request.pwd, env, context, output=subprocess.PIPE)
        for name, data in pieces(child):
            yield language_pb2.RunPluginResponse(**{name: data})  # type: ignore[arg-type]  # one field of three
        yield language_pb2.RunPluginResponse(exitcode=child.wait())
        self.children.discard(child)

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:
        try:
            for name, data in install(request.info, Path(request.directory)):
                yield language_pb2.InstallDependenciesResponse(**{name: data})
        except (interpreter.WrongOption, InstallFailed) as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))

    def GenerateProgram(self, request: Any, context: Any) -> NoReturn:
        _needs_the_official_host(context, "generating a program", "write it by hand (pulumi import: --generate-code=false)")

    def GenerateProject(self, request: Any, context: Any) -> NoReturn:
        _needs_the_official_host(context, "generating a project", "write it by hand")

    def GeneratePackage(self, request: Any, context: Any) -> NoReturn:
        _needs_the_official_host(context, "generating an SDK", "install the published one with pip")

    def Link(self, request: Any, context: Any) -> NoReturn:
        _needs_the_official_host(context, "linking an SDK", "install the published one with pip")

    def Pack(self, request: Any, context: Any) -> NoReturn:
        _needs_the_official_host(context, "packing an SDK", "build the package with python3 -m build")

    def Cancel(self, request: Any, context: Any) -> Any:
        for child in list(self.children):
            child.terminate()
        return empty_pb2.Empty()

    def _arguments(self, request: Any) -> list[str]:
        """Arguments of guest/program.py."""
        values = {
            "monitor": request.monitor_address,
            "engine": self.engine,
            "project": request.project,
            "stack": request.stack,
            "organization": request.organization,
            "root-directory": request.info.root_directory,
            "parallel": request.parallel,
        }
        program = str(Path(request.info.program_directory, request.info.entry_point))
        return [*(f"--{name}={value}" for name, value in values.items()), *(["--dry-run"] if request.dryRun else []), program]

    def _call(self, command: list[str], folder: str, env: Mapping[str, str], context: Any) -> int:
        """Run to the end; what the command prints is shown by the engine."""
        child = self._start(command, folder, env, context)
        code = child.wait()
        self.children.discard(child)
        return code

    def _start(
        self, command: list[str], folder: str, env: Mapping[str, str], context: Any, output: int | None = None
    ) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(command, cwd=folder, env={**os.environ, **env}, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        self.children.add(child)
        if not context.add_callback(child.kill):  # called when the engine hangs up: nobody waits for the program any more
            child.kill()
        return child


def _interpreter(info: Any, context: Any) -> interpreter.Interpreter:
    try:
        return interpreter.find(info)
    except interpreter.WrongOption as error:
        raise context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error)) from error


def _needs_the_official_host(context: Any, what: str, instead: str) -> NoReturn:
    raise context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"{what} needs the official Python language host; {instead}")


def _plugin_arguments(request: Any) -> list[str]:
    """A pack wants the engine's address, then its folder; a provider is its folder's `__main__.py`, then the engine's address."""
    folder = request.info.program_directory
    return [*request.args[:1], folder, *request.args[1:]] if request.kind == "analyzer" else [folder, *request.args]


def main() -> None:
    """Serve until the engine is done."""
    host = LanguageHost(engine=sys.argv[-1])

    def kill_children() -> None:
        for child in list(host.children):
            child.kill()

    serve(lambda server: language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server), on_end=kill_children)


if __name__ == "__main__":
    main()
