"""Opening a pull request: on each host, once, with the same patience and the same care for the token as for comments."""

import pytest
from hosts import TOKEN

from idp_components.comment.hosts import PullRequest, host
from idp_components.comment.http import Api, HostError

WANTED = PullRequest("idp/checkout-cart", "main", 'Service cart of team "checkout"', "Proposed in the portal by alice.")


@pytest.fixture
def there(remote):
    found = host(remote.kind, "shop/platform", 0, remote.environ)
    found.api = Api(found.api.base, found.api.headers, lambda _seconds: None)
    return found


def test_it_is_opened_with_its_branches_its_title_and_its_text(remote, there):
    assert there.open(WANTED) == f"https://{remote.kind}.example.com/shop/platform/1"
    (asked,) = remote.opened
    assert asked["title"] == WANTED.title
    assert WANTED.text in asked.values()


def test_a_second_one_between_the_same_branches_is_the_first(remote, there):
    first = there.open(WANTED)
    assert there.open(WANTED) == first
    other = PullRequest("idp/checkout-orders", "main", "Queue orders", "")
    assert there.open(other) != first
    assert len(remote.opened) == 2


def test_an_answer_that_is_lost_opens_no_second_one(remote, there):
    remote.failures = [("POST", 502, {}, True)]
    assert there.open(WANTED).endswith("/1")
    assert len(remote.opened) == 1


def test_a_refusal_is_one_error_that_never_holds_the_token(remote, there):
    remote.failures = [("POST", 403, {}, False)]
    with pytest.raises(HostError, match="the host answers 403: later, perhaps") as error:
        there.open(WANTED)
    assert TOKEN not in str(error.value)


def test_an_answer_of_another_shape_is_one_error(remote, there, monkeypatch):
    monkeypatch.setattr(type(remote), "pull_requests", lambda *_: (200, {"values": [{}]} if remote.kind == "bitbucket" else [{}], {}))
    with pytest.raises(HostError, match="the host answers something else than its API says"):
        there.open(WANTED)
