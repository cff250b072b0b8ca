"""What the real API server lets each role of two teams do: in their own room, in each other's, and everywhere else."""

import json
import uuid
from collections import defaultdict

import pytest
from unit.library.test_team import promises

from idp_components import TeamSpec
from idp_components.core.context import Context
from idp_components.core.profiles import PROFILES
from idp_components.team.manifests import team
from idp_components.team.roles import READ, ROLES, WRITE, groups_by_role, rules_by_role

CONFIG = {"domain": "example.com"}
ROOMS = ("dev", "production")
"""Environment of each team's room: in one people deploy, in the other they don't."""
ELSEWHERE = ("kube-system", "argocd", "default")


@pytest.fixture(scope="module")
def rooms(kubectl):
    """The rooms of two teams, as the builder makes them, by environment."""
    names = {environment: f"test-{uuid.uuid4().hex[:10]}" for environment in ROOMS}
    contexts = {environment: Context.of(f"{name}-{environment}", CONFIG) for environment, name in names.items()}
    for context in contexts.values():
        items = team(context.team, TeamSpec(), context)
        kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    yield contexts
    for context in contexts.values():
        kubectl("delete", "appproject", context.namespace, "-n", "argocd")
        kubectl("delete", "namespace", context.namespace, "--wait=false")


def allowed(kubectl, namespace, *groups):
    """Verbs by resource that the server's authorizer knows for a member of these groups in a namespace."""
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}}
    identity = ["--as=somebody", *(f"--as-group={group}" for group in groups)]
    said = kubectl("create", "--validate=false", "-f", "-", "--output", "json", *identity, stdin=json.dumps(review))
    status = json.loads(said)["status"]
    assert not status["incomplete"]
    return granted(status["resourceRules"])


def granted(rules):
    found = defaultdict(set)
    for rule in rules:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                found[group, resource].update(rule["verbs"])
    return dict(found)


def beyond(found, everyone):
    """What a member may do that not every authenticated user may."""
    return {key: verbs - everyone.get(key, set()) for key, verbs in found.items() if verbs - everyone.get(key, set())}


def group_of(context, role):
    return groups_by_role(context.team, TeamSpec().groups)[role]


@pytest.mark.parametrize("environment", ROOMS)
@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_its_rights_in_its_own_room_and_none_anywhere_else(role, environment, rooms, kubectl):
    own = rooms[environment].namespace
    for namespace in (*(context.namespace for context in rooms.values()), *ELSEWHERE):
        extra = beyond(allowed(kubectl, namespace, group_of(rooms[environment], role)), allowed(kubectl, namespace))
        assert extra == (granted(rules_by_role(PROFILES[environment])[role]) if namespace == own else {}), namespace


VERBS = (*READ, *WRITE, "deletecollection")
NOBODYS = (
    *("pods/attach", "pods/ephemeralcontainers", "serviceaccounts/token", "replicationcontrollers"),
    *("roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io", "applications.argoproj.io", "appprojects.argoproj.io"),
)
"""Resources that the page doesn't name, and whoever may write one of them has more rights than it promises."""


@pytest.mark.parametrize("environment", ROOMS)
@pytest.mark.parametrize("role", ROLES)
def test_each_verb_on_each_resource_is_answered_as_the_page_says(role, environment, rooms, kubectl):
    """By SubjectAccessReview, which asks every authorizer of the server, in the team's own room and in that of the other team."""
    promised = promises(role, environment)
    for room in rooms.values():
        expected = {(verb, resource) for resource, verbs in promised.items() for verb in verbs} if room is rooms[environment] else set()
        questions = [(verb, resource) for resource in (*promised, *NOBODYS) for verb in VERBS]
        assert answered_yes(kubectl, group_of(rooms[environment], role), room.namespace, questions) == expected


def answered_yes(kubectl, group, namespace, questions):
    def review(verb, resource):
        name, _, api_group = resource.partition(".")
        plural, _, sub = name.partition("/")
        asked = {"namespace": namespace, "verb": verb, "group": api_group, "resource": plural, "subresource": sub}
        spec = {"user": "somebody", "groups": [group, "system:authenticated"], "resourceAttributes": asked}
        return {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}

    items = json.dumps({"apiVersion": "v1", "kind": "List", "items": [review(*question) for question in questions]})
    said = kubectl("create", "--validate=false", "-f", "-", "--output", "jsonpath={.status.allowed},", stdin=items)
    answers = said.split(",")[:-1]
    return {question for question, allowed in zip(questions, answers, strict=True) if allowed == "true"}


def create(kubectl, namespace, group, *, check=True, **resources):
    """What the server says to a member of the group who creates a pod with these resources, without making it."""
    restricted = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web"},
        "spec": {
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{"name": "web", "image": "registry.example.com/web:v1", "securityContext": restricted, "resources": resources}],
        },
    }
    identity = ("--as=somebody", f"--as-group={group}") if group else ()
    return kubectl("create", "-n", namespace, *identity, "--dry-run=server", "-o", "json", "-f", "-", stdin=json.dumps(pod), check=check)


def test_a_team_creates_no_pod_in_the_room_of_another(rooms, kubectl):
    for role in ROLES:
        said = create(kubectl, rooms["production"].namespace, group_of(rooms["dev"], role), check=False)
        assert 'cannot create resource "pods"' in said


def test_a_container_that_asks_for_nothing_gets_the_defaults_and_one_that_asks_for_too_much_is_refused(rooms, kubectl):
    namespace = rooms["dev"].namespace
    kubectl("wait", f"--namespace={namespace}", "resourcequota/team", "--for=jsonpath={.status.hard.pods}", "--timeout=60s")
    made = json.loads(create(kubectl, namespace, ""))["spec"]["containers"][0]["resources"]
    assert made == {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "128Mi"}}
    assert "exceeded quota: team, requested: requests.cpu=9" in create(kubectl, namespace, "", check=False, requests={"cpu": "9"})
