"""What the cluster is asked and told: when a request is made again, and what an error says."""

import os

import pytest

from idp_components.environments.cluster import Cluster, ClusterError

REFUSED = "The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?"
FORBIDDEN = 'Error from server (Forbidden): namespaces is forbidden: User "eve" cannot list'


@pytest.fixture
def cluster(tmp_path):
    """Makes a cluster whose kubectl prints these errors one after the other, then an empty list; `requests` counts them."""
    program, said = tmp_path / "kubectl", tmp_path / "errors"
    program.write_text(
        f"""#!/bin/sh
echo >> "{tmp_path}/requests"
read -r error < "{said}"
[ -z "$error" ] && echo '{{"kind": "List", "items": []}}' && exit
sed -i 1d "{said}"
echo "$error" >&2
exit 1
"""
    )
    program.chmod(0o700)

    def made(pauses, *errors):
        (tmp_path / "requests").unlink(missing_ok=True)
        said.write_text("\n".join((*errors, "")) + "\n")
        return Cluster({"PATH": f"{tmp_path}:{os.environ['PATH']}"}, pauses)

    made.requests = lambda: (tmp_path / "requests").read_text().count("\n")
    return made


def test_a_request_is_made_again_while_the_api_server_starts_anew(cluster):
    assert cluster((0, 0), REFUSED, REFUSED).get("namespaces") == []
    assert cluster.requests() == 3
    with pytest.raises(ClusterError, match="was refused"):
        cluster((0, 0), *[REFUSED] * 4).get("namespaces")
    assert cluster.requests() == 3


def test_who_only_looks_is_told_at_once(cluster):
    with pytest.raises(ClusterError, match="was refused"):
        cluster((), REFUSED).get("namespaces")
    assert cluster.requests() == 1


def test_what_the_api_server_refuses_is_not_asked_again(cluster):
    with pytest.raises(ClusterError, match="cannot list"):
        cluster((0, 0), FORBIDDEN).get("namespaces")
    assert cluster.requests() == 1
