"""The survey in the portal: at its fields what is wrong, and of who answered nothing at all."""

from portals import SCRIPT, parsed

from idp_components.survey import rounds


def stored(portal):
    return rounds.read("2026-Q4", portal.site.box.folder).answers if portal.site.box.path.exists() else ()


def sent(portal, **fields):
    return portal.post(
        "/survey", {"form_token": portal.token_of_forms(), **{key.replace("__", "."): value for key, value in fields.items()}}
    )


def test_the_form_asks_every_question_and_an_answer_goes_into_the_box_without_a_name(behind_proxy):
    portal = behind_proxy()
    page = portal.get("/survey").text
    parsed(page)
    for question in portal.site.box.questionnaire.questions:
        for field in ("how_often", "how_long", "how_painful", "comment"):
            assert f'name="{question.id}.{field}"' in page
    answered = sent(portal, release__how_often="weekly", release__how_long="hour", release__comment="ask bob@example.com", team="checkout")
    assert (answered.status_code, "Thank you" in answered.text) == (200, True)
    parsed(answered.text)
    (found,) = stored(portal)
    assert (found.team, found.replies["release"].how_often) == ("checkout", "weekly")
    everything = b"".join(path.read_bytes() for path in portal.site.box.folder.iterdir()).decode()
    for hidden in ("alice", "bob@example.com", "10.0.0.9", "2026-11-24"):
        assert hidden not in everything
    assert portal.audit() == []


def test_what_is_wrong_is_said_at_its_question_and_nothing_is_kept(portal):
    portal.sign_in()
    for fields, place in (
        ({"release__how_long": "hour"}, "release"),
        ({"release__how_often": "weekly"}, "release"),
        ({"release__how_often": SCRIPT, "release__how_long": "hour"}, "release"),
        ({"release__how_often": "weekly", "release__how_long": "hour", "release__how_painful": "9"}, "release"),
        ({"release__comment": "x" * 3000, "release__how_often": "never"}, "release"),
        ({"team": SCRIPT}, "answer"),
        ({}, "answer"),
    ):
        answered = sent(portal, **fields)
        assert answered.status_code == 422, fields
        parsed(answered.text)
        assert (f'id="{place}-error"' in answered.text) == (place != "answer"), fields
        assert "<script>alert" not in answered.text
    assert stored(portal) == ()


def test_without_identity_or_with_a_form_of_another_site_nothing_is_taken(portal):
    said = {"release.how_often": "never"}
    assert "not-signed-in" in portal.get("/survey").text
    assert portal.post("/survey", said).status_code == 403
    portal.sign_in()
    for fields, headers in ((said, {}), ({**said, "form_token": portal.token_of_forms()}, {"origin": "https://evil.example.com"})):
        assert portal.post("/survey", fields, headers=headers).status_code == 403
    assert stored(portal) == ()


def test_a_counted_round_takes_no_more_answers_and_says_so(portal):
    portal.sign_in()
    for _ in range(5):
        assert sent(portal, release__how_often="never").status_code == 200
    portal.site.box.count(5)
    assert "This round has been counted" in portal.get("/survey").text
    assert sent(portal, release__how_often="never").status_code == 422
