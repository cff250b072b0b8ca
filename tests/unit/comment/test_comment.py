"""The comment on a pull request: one, changed in place, on each host; and the text that nothing breaks out of."""

import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from idp_components.cli.env import env
from idp_components.comment import http
from idp_components.comment.facts import Facts, of_environment
from idp_components.comment.hosts import HOSTS, host
from idp_components.comment.http import Api, HostError, Passing
from idp_components.comment.publish import publish
from idp_components.comment.text import code, gone, marker, text
from idp_components.core.spec import SpecError

NAME = "checkout-pr-42"
NOW = datetime(2026, 1, 2, tzinfo=UTC)
FACTS = {
    "name": NAME,
    "state": "running",
    "owner": "alice@example.com",
    "urls": {"web": "https://web.checkout-pr-42.example.com/", "api": "https://api.checkout-pr-42.example.com/v1"},
    "components": [{"kind": "Service", "name": "web"}, {"kind": "Service", "name": "api"}, {"kind": "Cache", "name": "carts"}],
    "ends_at": "2026-01-04T00:00:00Z",
    "usd_per_month": 73.0,
    "usd_so_far": 2.4,
    "unknown_costs": 2,
}
TOKEN = "t0ken-of-nobody"


@pytest.fixture
def there(remote):
    """The host, with the waits that it made instead of waiting."""
    found = host(remote.kind, "shop/checkout", 42, remote.environ)
    waits = []
    found.api = Api(found.api.base, found.api.headers, waits.append)
    found.waits = waits
    return found


def said(**fields):
    return text(Facts.parse({**FACTS, **fields}, "facts"), NOW)


def test_the_first_time_a_comment_is_written_and_later_changed_in_place(remote, there):
    assert publish(there, NAME, said()) == "written"
    assert publish(there, NAME, said()) == "unchanged"
    assert publish(there, NAME, said(state="asleep")) == "changed"
    assert publish(there, NAME, gone(NAME)) == "changed"
    assert list(remote.comments.values()) == [gone(NAME)]


def test_it_is_found_behind_many_pages_and_others_are_left_alone(remote, there):
    remote.page_size = 2
    others = [f"comment {number}" for number in range(5)]
    remote.add(*others, said(), "quoted: " + said(), said(name="checkout-pr-421"))
    assert publish(there, NAME, said(state="asleep")) == "changed"
    found = list(remote.comments.values())
    assert found[:5] == others
    assert "is asleep" in found[5]
    assert "is running" in found[6]
    assert "is running" in found[7]


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_host_that_asks_for_patience_gets_it(remote, there, status):
    remote.failures = [("GET", status, {"Retry-After": "7"}, False), ("GET", status, {}, False)]
    assert publish(there, NAME, said()) == "written"
    assert there.waits == [7.0, 2.0]


def test_a_date_to_wait_for_and_githubs_second_limit_are_understood(remote, there):
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    remote.failures = [("GET", 403, {"Retry-After": later}, False), ("GET", 503, {"Retry-After": "86400"}, False)]
    assert publish(there, NAME, said()) == "written"
    assert 10 < there.waits[0] <= 20
    assert there.waits[1] == http.LONGEST_WAIT_SECONDS


def test_a_comment_that_was_written_although_the_host_failed_is_not_written_twice(remote, there):
    remote.failures = [("POST", 502, {}, True)]
    assert publish(there, NAME, said()) == "unchanged"
    assert list(remote.comments.values()) == [said()]
    assert remote.requests == ["GET", "POST", "GET"]


def test_a_host_that_never_recovers_is_given_up_on(remote, there):
    remote.failures = [("GET", 500, {}, False)] * 50
    with pytest.raises(Passing, match="the host answers 500: later, perhaps"):
        publish(there, NAME, said())
    assert len(remote.requests) == http.TRIES


def test_a_refusal_is_final_and_says_the_hosts_words_and_never_the_token(remote, there):
    remote.failures = [("POST", 403, {}, False)]
    with pytest.raises(HostError, match=r"POST /.*: the host answers 403: later, perhaps") as refused:
        publish(there, NAME, said())
    assert TOKEN not in f"{refused.value} {there.api!r}"
    assert there.waits == []


def test_a_token_goes_only_to_its_own_host_and_only_by_https(remote, there):
    with pytest.raises(HostError, match=r"leads elsewhere, to evil\.example\.com"):
        there.api.send("GET", "https://evil.example.com/comments?page=2")
    with pytest.raises(HostError, match="only sent by https"):
        Api("http://git.example.com", {})
    remote.failures = [("GET", 302, {"Location": "https://evil.example.com/"}, False)]
    with pytest.raises(HostError, match="answers 302"):
        publish(there, NAME, said())


def test_the_text_has_addresses_contents_state_end_cost_and_commands():
    lines = said().splitlines()
    assert lines[0] == "[//]: # (idp:environment:checkout-pr-42)"
    assert "### Environment `checkout-pr-42` is running" in lines
    assert "- `web`: <https://web.checkout-pr-42.example.com/>" in lines
    assert "- `api`: <https://api.checkout-pr-42.example.com/v1>" in lines
    assert "**Service**: `api`, `web`  " in lines
    assert "**Owner**: `alice@example.com`  " in lines
    assert "**Ends**: 2026-01-04 00:00 UTC, in 2 days  " in lines
    assert "**Cost**: 2.40 US dollars so far, 2.40 a day; 2 of its parts have no known price  " in lines
    assert "idp env extend checkout-pr-42 --hours 24" in lines
    assert "idp env destroy checkout-pr-42" in lines


def test_what_is_not_known_is_not_made_up():
    found = said(urls={}, ends_at=None, usd_per_month=None, usd_so_far=None, unknown_costs=0, owner="")
    assert "Nothing of it is reachable from outside." in found
    assert "**Cost**: not known" in found
    assert "Ends" not in found
    assert "Owner" not in found


def test_an_environment_that_is_over_says_so():
    assert "which is over" in text(Facts.parse(FACTS, "facts"), datetime(2026, 6, 1, tzinfo=UTC))


@given(st.text())
def test_a_span_of_code_can_not_be_left(value):
    span = code(value)
    fence = span[: len(span) - len(span.lstrip("`"))]
    assert span.endswith(fence)
    inside = span[len(fence) : -len(fence)]
    assert inside
    assert fence not in re.findall("`+", inside)
    assert not any(ord(char) < 32 for char in inside)


@given(st.text(max_size=100), st.dictionaries(st.text(max_size=20), st.text(max_size=60), max_size=3))
def test_no_value_starts_a_line_of_its_own_or_a_link_or_a_mention(word, urls):
    found = said(owner=word, state=word[:40] or "x", urls=urls, components=[{"kind": word or "x", "name": word or "x"}])
    outside = [part for index, part in enumerate(re.split(r"(`+)[^\n]*?(?<!`)\1(?!`)", found)) if index % 2 == 0]
    assert (
        found.count("[//]: # (idp:environment:") == 1
        or "[//]: #" in word
        or any("[//]: #" in part for pair in urls.items() for part in pair)
    )
    assert not any("@" in part or "<script" in part for part in outside)


def test_an_address_that_is_none_is_shown_as_text():
    assert "- `web`: `javascript:alert(1)`" in said(urls={"web": "javascript:alert(1)"})
    assert "- `web`: `https://a.example.com/> <b>`" in said(urls={"web": "https://a.example.com/> <b>"})


@pytest.mark.parametrize("name", ["x) [click](https://evil.example.com", "a b", "A", ""])
def test_a_name_that_is_no_stacks_is_refused(name):
    with pytest.raises(SpecError, match=r"facts\.name"):
        said(name=name)


KNOWN = {**FACTS, "stack": "organization/idp/x", "kept_until": None, "asleep_since": None, "aws": [], "source": None}
"""As `idp env show` has it."""


def test_the_facts_are_those_that_a_person_is_shown():
    assert of_environment(KNOWN) == Facts.parse(FACTS, "facts")
    assert of_environment({**KNOWN, "kept_until": "2026-01-20T00:00:00Z"}).ends_at == datetime(2026, 1, 20, tzinfo=UTC)
    assert of_environment({**KNOWN, "kept_until": "2026-01-02T00:00:00Z"}).ends_at == datetime(2026, 1, 4, tzinfo=UTC)


def test_what_is_broken_has_few_facts():
    found = of_environment({"name": NAME, "state": "broken", "urls": {}, "components": [], "usd_per_month": 0.0, "usd_so_far": None})
    assert (found.state, found.owner, found.ends_at, found.usd_per_month, found.usd_so_far) == ("broken", "", None, 0, None)


def idp(*arguments, facts=None, environ=None):
    given = json.dumps(FACTS if facts is None else facts)
    return CliRunner().invoke(env, ["comment", *arguments], input=given, env=environ or {})


def test_the_command_tells_the_pull_request_that_is_in_the_name(remote):
    environ = {**remote.environ, HOSTS[remote.kind].repository_variable: "shop/checkout"}
    result = idp(NAME, "--facts", "-", "--for", remote.kind, "--json", environ=environ)
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"name": NAME, "pull_request": 42, "comment": "written"})
    assert next(iter(remote.comments.values())).startswith(marker(NAME))
    assert idp(NAME, "--gone", "--for", remote.kind, environ=environ).stdout == f"the comment of {NAME} is changed\n"
    assert list(remote.comments.values()) == [gone(NAME)]


def test_a_dry_run_prints_the_comment_or_what_it_would_say_and_the_latter_comes_back():
    printed = idp(NAME, "--facts", "-", "--dry-run").stdout
    assert printed.startswith(marker(NAME))
    again = json.loads(idp(NAME, "--facts", "-", "--dry-run", "--json").stdout)
    assert idp(NAME, "--facts", "-", "--dry-run", facts=again).stdout.splitlines()[:6] == printed.splitlines()[:6]


@pytest.mark.parametrize(
    ("arguments", "environ", "message"),
    [
        ([NAME], {}, "--for: which host is it?"),
        ([NAME, "--for", "github"], {}, "--repository: '' is no repository of github"),
        ([NAME, "--for", "github", "--repository", "shop/checkout"], {}, "GITHUB_TOKEN is not set"),
        ([NAME, "--for", "github", "--repository", "../../user"], {"GITHUB_TOKEN": TOKEN}, "'../../user' is no repository"),
        (["checkout-user-alice"], {}, "--facts: are those of 'checkout-pr-42'"),
    ],
)
def test_bad_input_is_one_clear_error(arguments, environ, message):
    result = idp(*arguments, "--facts", "-", environ={"GITHUB_REPOSITORY": "", "GITHUB_TOKEN": "", **environ})
    assert result.exit_code == 2
    assert message in result.stderr
    assert TOKEN not in result.output


def test_a_host_that_can_not_be_reached_is_an_error_of_its_own(monkeypatch):
    monkeypatch.setattr(http.time, "sleep", lambda _: None)
    monkeypatch.setattr(http, "TRIES", 1)
    environ = {"GITHUB_API_URL": "http://127.0.0.1:9", "GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": "shop/checkout"}
    result = idp(NAME, "--facts", "-", "--for", "github", environ=environ)
    assert result.exit_code == 1
    assert "the host can't be reached" in result.stderr
    assert TOKEN not in result.output
