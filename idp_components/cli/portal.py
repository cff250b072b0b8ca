"""`idp portal`: the portal, served on this machine."""

from __future__ import annotations

import getpass
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from idp_components.catalog import Problem, backend
from idp_components.catalog.build import Answer
from idp_components.cli import fail
from idp_components.comment.hosts import HOSTS, host
from idp_components.comment.http import HostError
from idp_components.core.spec import SpecError
from idp_components.environments.cluster import PAUSES
from idp_components.environments.world import World
from idp_components.project import find_root
from idp_components.rules.waivers import read
from idp_components.survey import questionnaire, rounds
from idp_components.survey.box import FOLDER, Box, current
from idp_sandbox import Sandbox, SandboxError

if TYPE_CHECKING:
    from idp_components.portal.identity import Identity

Env = Callable[[], dict[str, str]]
PORT = 8400
ROUNDS = "survey"
"""Folder of counted rounds in a project."""
NEEDED = ("starlette", "jinja2", "uvicorn")
"""What the extra `portal` installs."""
SHUTDOWN_SECONDS = 3


@click.command()
@click.argument("stacks", nargs=-1)
@click.option(
    "--address", default="127.0.0.1", show_default=True, help="IP address to listen at; others than loopback only behind a proxy."
)
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="0 takes any that is free.")
@click.option("--base", default="HEAD", show_default=True, help="Branch, tag or commit that proposals start at.")
@click.option("--pull-requests", type=click.Choice(list(HOSTS)), help="Push proposals and open their pull requests there.")
@click.option("--repository", "reviewed", metavar="PATH", help="Repository of --pull-requests, such as shop/platform.")
@click.option("--remote", default="origin", show_default=True, help="Git remote that --pull-requests pushes to.")
@click.option("--name", default="idp", show_default=True, help="What the pages are headed with.")
@click.option("--host-name", "host_names", multiple=True, help="Name that the portal answers to, besides localhost.")
@click.option("--proxy", "proxies", multiple=True, metavar="CIDR", help="Address of an OIDC proxy whose headers say who asks.")
@click.option(
    "--proxy-secret",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the secret that the proxy sends as X-Idp-Proxy-Secret.",
)
@click.option("--user-header", default="x-forwarded-user", show_default=True, help="The proxy's header with the person's name.")
@click.option("--groups-header", default="x-forwarded-groups", show_default=True, help="The proxy's header with their groups, by commas.")
@click.option("--round", "round_name", help="Round of the survey that people answer now, such as 2026-Q4 [default: this quarter].")
@click.option("--questions", type=click.Path(path_type=Path), default=questionnaire.OWN, help="Another questionnaire (YAML).")
@click.option("--audit-log", type=click.Path(dir_okay=False, path_type=Path), help="Default: .idp/portal/audit.jsonl of the project.")
def portal(
    stacks: tuple[str, ...],
    address: str,
    port: int,
    base: str,
    pull_requests: str | None,
    reviewed: str | None,
    remote: str,
    name: str,
    host_names: tuple[str, ...],
    proxies: tuple[str, ...],
    proxy_secret: Path | None,
    user_header: str,
    groups_header: str,
    round_name: str | None,
    questions: Path,
    audit_log: Path | None,
) -> None:
    """Serve the portal over STACKS, by default all of the project, from their state and the live cluster.

    Asks the backend and the cluster that the shell names (PULUMI_BACKEND_URL, KUBECONFIG), else those of the sandbox.
    Everybody who reaches it may read. Who may propose changes and work on environments that end, the token says that is printed at
    the start, or the proxy.
    """
    if missing := [each for each in NEEDED if find_spec(each) is None]:
        fail(f"{', '.join(missing)}: not installed; install the extra: pip install 'idp-components[portal]'")
    import uvicorn

    from idp_components.portal.app import app
    from idp_components.portal.audit import Audit
    from idp_components.portal.branch import BranchError, Repository, Review
    from idp_components.portal.environments import Environments
    from idp_components.portal.policy import WAIVERS
    from idp_components.portal.site import Site
    from idp_components.portal.source import Source

    try:
        root = find_root()
        folder = root / ".idp" / "portal"
        identity = _identity(address, proxies, proxy_secret, user_header, groups_header)
        review = Review(host(pull_requests, reviewed, 0, os.environ), remote) if pull_requests else None
        repository = Repository(root, base, review)
        repository.start()
        if review:
            repository.name()
        asked = Box(
            rounds.check_name(round_name or current(datetime.now(UTC).date())), questionnaire.read(questions), root / FOLDER, root / ROUNDS
        )
    except SpecError as error:
        fail("\nerror: ".join(error.problems))
    except HostError as error:
        fail(str(error))
    except BranchError as error:
        fail(f"--base {base}: {error}; proposals are branches of the project's git repository")
    listening = _listening(address, port)
    env = _env()
    environments = Environments(root, lambda: _world(env), lambda: _world(env, ()))
    source = Source(
        lambda: _answers(stacks, root, env), lambda: _cluster(env), ending=environments.described, waivers=lambda: read(root / WAIVERS)
    )
    site = Site(name, source, repository, identity, Audit(audit_log or folder / "audit.jsonl"), environments, asked)
    shown = f"[{address}]" if ":" in address else address
    click.echo(f"portal: http://{shown}:{listening.getsockname()[1]}/")
    with _token_file(identity, folder / "token"):
        source.start()
        # `proxy_headers` would let any sender on loopback say where it comes from.
        config = uvicorn.Config(
            app(site, host_names),
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises the signal again when it is done
        try:
            with suppress(KeyboardInterrupt):
                uvicorn.Server(config).run(sockets=[listening])
        finally:
            source.stop()
            for job in site.jobs.running():
                click.echo(f"waiting for the end of: {job.doing} {job.name}", err=True)
            site.jobs.stop()


def _identity(address: str, proxies: Sequence[str], secret: Path | None, user_header: str, groups_header: str) -> Identity:
    """How people are known. Raises SpecError."""
    from idp_components.portal.identity import ByProxy, ByToken

    if bool(proxies) != bool(secret):
        raise SpecError("--proxy and --proxy-secret go together: who stands behind an address could also be somebody else")
    if not proxies or secret is None:
        try:
            is_loopback = ip_address(address).is_loopback
        except ValueError:
            raise SpecError(f"--address {address!r} is no IP address; use for example 127.0.0.1") from None
        if not is_loopback:
            raise SpecError(
                f"--address {address}: others could listen to the token; put a proxy in front: --proxy CIDR --proxy-secret FILE"
            )
        return ByToken(_user())
    try:
        networks = [ip_network(each) for each in proxies]
    except ValueError as error:
        raise SpecError(f"--proxy: {error}; use for example 10.0.3.7/32") from None
    if secret.stat().st_mode & 0o077:
        raise SpecError(f"--proxy-secret {secret}: others may read it; run: chmod 600 {secret}")
    text = secret.read_text(encoding="utf-8").strip()
    if len(text) < 32:
        raise SpecError(f"--proxy-secret {secret}: is shorter than 32 characters; make one with: openssl rand -hex 32")
    return ByProxy(networks, text, user_header.lower(), groups_header.lower())


@contextmanager
def _token_file(identity: Identity, path: Path) -> Iterator[None]:
    """The token, said once, and in a file that only its owner reads while the portal runs."""
    from idp_components.portal.identity import ByToken

    if not isinstance(identity, ByToken):
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{identity.token}\n")
    click.echo(f"token to sign in (also in {path}): {identity.token}")
    try:
        yield
    finally:
        if path.is_file() and path.read_text().strip() == identity.token:  # or it is that of a later run
            path.unlink()


def _listening(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family)
    except OSError as error:
        fail(f"{address}:{port}: {error.strerror or error}; choose another with --port, for example --port 0", code=1)


def _answers(stacks: Sequence[str], root: Path, env: Env) -> list[Answer]:
    """What the backend says. Raises Unavailable."""
    from idp_components.portal.source import Unavailable

    try:
        return backend.ask(list(stacks) or backend.stacks(root, env()), root, env())
    except (SandboxError, backend.BackendError) as error:
        raise Unavailable(str(error)) from error


def _cluster(env: Env) -> tuple[Any, list[Problem]]:
    """What the cluster says; none and why where it doesn't answer."""
    try:
        return backend.cluster(env())
    except SandboxError as error:
        return None, [Problem("cluster", f"can't be asked: {error}")]


def _world(env: Env, pauses: Sequence[float] = PAUSES) -> World:
    """Where environments are. Raises Unavailable."""
    from idp_components.portal.source import Unavailable

    try:
        return World({**os.environ, **env()}, pauses)
    except SandboxError as error:
        raise Unavailable(str(error)) from error


def _env() -> Env:
    """Asks for the variables that lead to backend, cluster and account; raises SandboxError.

    None besides the shell's where that has a backend, else the sandbox's. Decided once, since bringing an environment up writes
    variables into this process.
    """
    return dict if "PULUMI_BACKEND_URL" in os.environ else lambda: Sandbox().env()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "operator"
