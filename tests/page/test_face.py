"""What the page says of an action, and that text from outside stays text."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.models.preview import Audience, Check, Cost, EmailFace, Excluded, Preview, SmsFace, Timing
from egoi_mcp.page import faces
from egoi_mcp.page.render import STATIC, render, render_notice
from egoi_mcp.page.view import Card, PageView
from egoi_mcp.plain_text import runs
from tests.page.samples import EMAIL_CARD, ERASE_CARD, NOW, OFFER, RULE, SMS, SMS_CARD, TAG, VIEWS, card, page

HOSTILE = "<script>window.hit=1</script><img src=x onerror=hit()>\"'>{{ 7*7 }}\u202egnp.exe\u200b</main>"


class Elements(HTMLParser):
    """The elements of a page, with their attributes and what they say."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.found if found == tag]


def hostile_view() -> PageView:
    """A page of which every text is hostile."""
    preview = Preview(
        title=HOSTILE,
        account=HOSTILE,
        recipients=3,
        to=(HOSTILE, HOSTILE),
        audience=Audience(
            by_country={HOSTILE: 1},
            excluded=(Excluded(reason=HOSTILE, count=1),),
            checks=(Check(against=HOSTILE, checked=1, unchecked=1, why=HOSTILE),),
        ),
        when=Timing(account=HOSTILE, recipients=(HOSTILE,)),
        cost=Cost(amount=HOSTILE, currency=HOSTILE, basis=HOSTILE, balance=HOSTILE, left=HOSTILE),
        facts={HOSTILE: HOSTILE},
        personal={HOSTILE + "2": HOSTILE},
        message=HOSTILE,
        dropped=(HOSTILE,),
        warnings=(HOSTILE,),
        undo=HOSTILE,
    )
    sms = SmsFace(sender=HOSTILE, encoding=HOSTILE, characters=1, room=1, parts=(HOSTILE, HOSTILE))
    email = EmailFace(
        sender=HOSTILE, reply_to=HOSTILE, subject=HOSTILE, preheader=HOSTILE, plain=HOSTILE, html=HOSTILE,
        hosts=(HOSTILE,), unsubscribe=HOSTILE,
    )  # fmt: skip
    texts = dict.fromkeys(("connection", "client", "principal", "outcome", "error"), HOSTILE)
    offer = replace(OFFER, operation=HOSTILE, sender=HOSTILE, template=HOSTILE)
    shared = {**texts, "approved_by": (HOSTILE,), "approvals": 2, "duplicate_of": HOSTILE}
    bare = card("h1", preview, **shared, offer=offer)
    with_sms = replace(bare, id="h2", preview=preview.model_copy(update={"sms": sms}), may_decide=False)
    with_email = replace(
        bare, id="h3", preview=preview.model_copy(update={"email": email}), email_frame="/page/email/h3"
    )
    return page(
        waiting=(bare, replace(with_sms, why_not=HOSTILE), with_email),
        decided=(replace(with_sms, id="h4", state=HOSTILE, risk=HOSTILE),),
        rules=(
            replace(
                RULE,
                operation=HOSTILE,
                sender=HOSTILE,
                template=HOSTILE,
                expires=HOSTILE,
                made=HOSTILE,
                form=HOSTILE,
                error=HOSTILE,
            ),
        ),
        notice=HOSTILE,
    )


def test_text_from_outside_never_becomes_markup() -> None:
    html = render(hostile_view())
    seen = Elements(html)
    assert seen.all("script") == [{"src": "/page/page.js", "defer": None}]
    assert seen.all("img") == []
    assert not [name for _, attributes in seen.found for name in attributes if name.startswith("on")]
    assert len(seen.all("main")) == html.count("</main>") == 1
    assert "49" not in seen.text


def test_what_cannot_be_seen_is_written_out_wherever_it_stands() -> None:
    body = re.sub(
        r"<textarea.*?</textarea>", "", render(hostile_view()).partition("<body")[2], flags=re.DOTALL
    )
    shown = re.sub(r'="[^"]*"', "", body)
    assert "\u202e" not in shown
    assert "\u200b" not in shown
    assert "<span class>U+202E</span>" in shown


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_a_page_takes_nothing_from_elsewhere_and_nothing_stands_inline(view: PageView) -> None:
    seen = Elements(render(view))
    leading = ("src", "href", "action")
    for _, attributes in seen.found:
        assert "style" not in attributes
        assert all(
            (attributes[name] or "").startswith(("/page/", "#", "data:,"))
            for name in leading
            if name in attributes
        )
    assert seen.all("style") == []


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_every_id_stands_once_and_every_reference_leads_somewhere(view: PageView) -> None:
    found = [attributes for _, attributes in Elements(render(view)).found]
    ids = [attributes["id"] for attributes in found if "id" in attributes]
    assert len(ids) == len(set(ids))
    references = {
        reference
        for attributes in found
        for name in ("for", "aria-labelledby", "aria-describedby")
        for reference in (attributes.get(name) or "").split()
    }
    references |= {(each["href"] or "#")[1:] for each in found if (each.get("href") or "").startswith("#")}
    assert references <= set(ids)


def test_the_email_lies_in_a_frame_that_may_do_nothing() -> None:
    frames = Elements(render(VIEWS["email"])).all("iframe")
    assert [(each["sandbox"], each["src"]) for each in frames] == [(None, "/page/email/a2")]
    assert frames[0]["title"]


def test_the_first_button_of_a_form_is_one_that_enter_cannot_press() -> None:
    for form in re.findall(
        r'<form method="post" action="/page/decide".*?</form>', render(VIEWS["many"]), re.DOTALL
    ):
        buttons = Elements(form).all("button")
        assert "disabled" in buttons[0]
        assert [each.get("value") for each in buttons[1:]] == ["decline", "approve"]


def test_no_field_has_the_focus_from_the_start() -> None:
    assert not any("autofocus" in attributes for _, attributes in Elements(render(VIEWS["many"])).found)


def test_what_needs_typing_has_a_field_and_what_does_not_has_none() -> None:
    def names(given: Card) -> set[str | None]:
        return {each.get("name") for each in Elements(render(page(waiting=(given,)))).all("input")}

    assert names(SMS_CARD) == {"action", "form", "remember", "per_day", "expires"}
    assert names(EMAIL_CARD) == {"action", "form", "recipients", "pin"}


def test_a_card_that_cannot_be_decided_has_no_form_and_says_why() -> None:
    html = render(page(waiting=(card("a", TAG, may_decide=False, why_not="In a terminal only."),)))
    assert "<form" not in html
    assert "In a terminal only." in html


@pytest.mark.parametrize(
    ("given", "label"),
    [
        (SMS_CARD, "Approve: send to 124 people"),
        (EMAIL_CARD, "Approve: schedule for 18\N{NO-BREAK SPACE}240 people"),
        (ERASE_CARD, "Approve: delete 12 contacts at TxtSync for good"),
        (card("x", SMS.model_copy(update={"recipients": 1})), "Approve: send to 1 person"),
        (
            card("x", SMS.model_copy(update={"recipients": None, "title": "Send SMS by tag"})),
            "Approve: send SMS by tag",
        ),
    ],
)
def test_the_button_says_what_it_does(given: Card, label: str) -> None:
    assert faces.approve_label(given) == label


def test_the_strongest_warnings_stand_first() -> None:
    found = faces.warnings(EMAIL_CARD)
    assert [each.strong for each in found] == [True, True, False, False]
    assert "a0" in found[0].text
    assert "WHOLE LIST" in found[1].text


def test_what_could_not_be_checked_is_a_warning_and_what_was_is_none() -> None:
    told = [each.text for each in faces.warnings(SMS_CARD)]
    assert "4 could not be checked against the opt-outs: the vendor does not tell" in told
    assert not any("suppression" in each for each in told)


def test_what_is_never_checked_of_such_a_send_is_told_without_alarm() -> None:
    nothing = Check(against="suppression list", checked=0, unchecked=1, why="this is transactional")
    given = card("x", SMS.model_copy(update={"audience": Audience(checks=(nothing,)), "warnings": ()}))
    assert faces.warnings(given) == []
    assert "<b>0</b> checked, <b>1</b> could not be checked" in render(page(waiting=(given,)))


def test_details_do_not_say_again_what_stands_above_or_below_the_message() -> None:
    facts = {"campaign": "c3f2a1", "from": "ACME (sender 1, active)", "cost": "not known: no price for ES"}
    about = {"encoding": "GSM-7", "characters": "9", "segments per message": "1", "segments in total": "124"}
    sms = SMS.model_copy(update={"facts": facts | about, "cost": None})
    assert list(faces.rows(sms)) == ["from", "segments in total", "campaign"]
    assert faces.facts(card("x", sms))[2] == faces.Fact("Costs", "Not known", "no price for ES")
    sender = EMAIL_CARD.preview.model_copy(update={"facts": {"from": "Example <news@example.com>"}})
    assert faces.rows(sender) == {}
    assert "plan" in faces.facts(EMAIL_CARD)[2].note


def test_only_countries_that_find_no_room_beside_the_number_stand_by_themselves() -> None:
    few, many = ({f"{chr(65 + each)}A": 1 for each in range(count)} for count in (8, 9))
    for countries, more in ((few, False), (many, True)):
        given = card("x", SMS.model_copy(update={"audience": Audience(by_country=countries)}))
        assert faces.facts(given)[0].note.endswith("and 1 more" if more else "HA 1")
        assert ('class="chips"' in render(page(waiting=(given,)))) is more


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (SMS_CARD, ["Reaches", "When", "Costs at most", "Account"]),
        (card("x", TAG, risk="WRITE"), ["Concerns", "Account"]),
        (card("x", TAG), ["Reaches", "When", "Costs", "Account"]),
    ],
)
def test_the_facts_in_large_type_are_those_that_matter(given: Card, names: list[str]) -> None:
    assert [each.name for each in faces.facts(given)] == names


def test_a_time_ahead_stands_large_without_its_offset() -> None:
    when = Timing(account="Tuesday 2026-12-01 10:00 Europe/Lisbon (UTC+00:00), 2026-12-01 10:00 UTC")
    found = faces.facts(card("x", SMS.model_copy(update={"when": when})))[1]
    assert found.value == "Tuesday 2026-12-01 10:00 Europe/Lisbon"
    assert found.note == "UTC+00:00, 2026-12-01 10:00 UTC"


@pytest.mark.parametrize(("title", "when"), [("Send 1 SMS", "Now"), ("Send 1 SMS later", "Later")])
def test_what_waits_for_a_time_is_never_said_to_go_out_now(title: str, when: str) -> None:
    given = card("x", SMS.model_copy(update={"title": title, "when": None}))
    assert faces.facts(given)[1].value.startswith(when)


def test_a_rule_is_told_in_words_and_one_of_an_unknown_operation_by_its_name() -> None:
    html = render(page(rules=(replace(RULE, operation="sendSmsMessages, transactional"),)))
    assert "SMS through E-goi, transactional" in html
    assert faces.deed_words("sendSomething") == "sendSomething"


def test_the_tab_says_how_many_wait() -> None:
    assert "<title>(4) Waiting" in render(VIEWS["many"])
    assert "<title>Nothing waits" in render(VIEWS["empty"])


def test_an_error_leads_to_the_field_that_it_is_about() -> None:
    seen = Elements(render(VIEWS["error"]))
    assert "#recipients-a5" in [each.get("href") for each in seen.all("a")]
    wrong = [each for each in seen.all("input") if each.get("aria-invalid") == "true"]
    assert [(each["name"], each["aria-describedby"]) for each in wrong] == [
        ("recipients", "error-a5"),
        ("pin", "error-a5"),
    ]


def test_times_are_those_of_the_zone_and_an_unknown_zone_is_utc() -> None:
    assert faces.Clock(page(zone="Europe/Madrid")).iso(NOW).endswith("+01:00")
    unknown = faces.Clock(page(zone="No/Where"))
    assert (unknown.name, unknown.iso(NOW)[-6:]) == ("UTC", "+00:00")
    assert len(unknown.time(NOW)) == len("14:32")
    assert len(unknown.time(NOW + 86400)) == len("2026-11-26 14:32")


def test_a_notice_goes_on_only_where_it_is_told_where_to() -> None:
    assert "refresh" not in render_notice("Closed", "Nothing was decided.")
    assert 'content="0; url=./"' in render_notice("Opening", "One moment.", onward="./")


def test_the_files_beside_the_page_reach_for_nothing() -> None:
    for name in ("page.css", "page.js"):
        text = (STATIC / name).read_text(encoding="utf-8")
        assert not re.search(r"https?:|//[a-z]|@import|url\(|innerHTML|eval\(", text)


@given(st.text())
def test_runs_lose_nothing_that_can_be_seen(text: str) -> None:
    seen = "".join(run for run, hidden in runs(text) if not hidden)
    numbers = [number for run, hidden in runs(text) if hidden for number in run.split()]
    lines = re.sub("\r\n|\r", "\n", text)
    assert len(seen) + len(numbers) == len(lines)
    assert all(chr(int(number[2:], 16)) in lines for number in numbers)
