"""What comes from outside is shown and does nothing: texts on the page, an email in its frame."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.models.preview import EmailFace, Preview
from egoi_mcp.page.standing import Wanted
from egoi_mcp.sandbox import Sandbox
from tests.guard.sessions import sending, sent
from tests.page.pages import AT_ONCE, paged, waiting
from tests.store.ledgers import draft
from tests.support import SMS, Session, until

pytestmark = pytest.mark.anyio

HOSTILE = "</main><script>alert(1)</script><form action='https://evil.example.com'>\u202e\"'>"
MAIL = (
    "<h1>Hello</h1><script>alert(1)</script><a href='https://example.com'>shop</a>"
    "<img src='https://example.com/seen.png'>"
)


async def _proposed(session: Session) -> str:
    """An email that another server proposed, hostile wherever it can be."""
    face = EmailFace(sender=HOSTILE, subject=HOSTILE, plain=HOSTILE, html=MAIL, hosts=("example.com",))
    preview = Preview(
        title=HOSTILE,
        account=HOSTILE,
        recipients=1,
        to=(HOSTILE,),
        message=HOSTILE,
        email=face,
        facts={HOSTILE: HOSTILE},
        warnings=(HOSTILE,),
        dropped=(HOSTILE,),
        undo=HOSTILE,
    )
    made = draft(key=load_state_key(session.state_dir))
    proposed = await session.ledger.propose(replace(made, preview=preview, client=HOSTILE))
    return proposed.action.id


async def test_hostile_text_is_text_and_its_form_still_the_pages_own(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (session, owner, _):
        action_id = await _proposed(session)
        page = (await owner.look()).text

        assert action_id in page
        assert "<script>alert" not in page
        assert "<form action='https" not in page
        assert page.count("</main>") == 1
        assert (await owner.decide(action_id, "decline")).status_code == 303
        assert session.rows.states()[action_id] == "declined"


async def test_an_email_has_a_frame_that_runs_fetches_and_leads_nowhere(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (session, owner, plain):
        action_id = await _proposed(session)
        frame = await owner.look(f"email/{action_id}")

        assert frame.status_code == 200
        assert frame.headers["content-security-policy"] == (
            "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'self'"
        )
        assert frame.headers["x-frame-options"] == "SAMEORIGIN"
        assert "<h1>Hello</h1>" in frame.text
        assert "script" not in frame.text
        assert "href" not in frame.text
        # What has no HTML has no frame, and neither has what is nothing.
        for nothing in (plain, "act_22222222", "", f"{action_id}/x"):
            assert (await owner.look(f"email/{nothing}")).status_code == 404
        assert (await owner.ask("GET", f"{owner.base}email/{action_id}")).status_code == 404


async def test_what_a_server_that_has_ended_proposed_is_carried_out_where_it_is_approved(
    tmp_path: Path,
) -> None:
    sandbox = Sandbox()
    async with sending(tmp_path, AT_ONCE, sandbox=sandbox) as gone:
        left = await gone.call("send_sms", **SMS)
    async with paged(tmp_path, AT_ONCE, sandbox=sandbox) as (session, owner):
        await session.call("send_sms", **{**SMS, "text": "Another text"})
        await owner.enter()
        assert (await owner.decide(left.action_id)).status_code == 303
        await until(lambda: session.ended(left.action_id))

        assert (session.rows.states()[left.action_id], sent(session)) == ("succeeded", 1)


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, None),
        ({"remember": "off", "per_day": "x"}, None),
        (
            {"remember": "on", "template": "a\r\nb", "per_day": "20", "expires": ""},
            Wanted(template="a\nb", per_day=20, expires=None),
        ),
        (
            {"remember": "on", "template": "a", "per_day": " 3 ", "expires": "2027-01-31"},
            Wanted(template="a", per_day=3, expires=date(2027, 1, 31)),
        ),
    ],
)
def test_a_rule_is_what_the_form_says_where_its_box_is_ticked(
    fields: dict[str, str], wanted: Wanted | None
) -> None:
    assert Wanted.of(fields) == wanted


@pytest.mark.parametrize(
    "fields",
    [
        {"per_day": ""},
        {"per_day": "-1"},
        {"per_day": "²"},
        {"per_day": "1", "expires": "soon"},
        {"per_day": "9" * 7},
    ],
)
def test_a_rule_without_number_or_day_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="Nothing was decided"):
        Wanted.of({"remember": "on", "template": "a"} | fields)


async def test_a_rule_that_is_not_there_is_not_ended(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (_, owner, action_id):
        form = await owner.form(action_id)
        answer = await owner.post({"rule": "rule_2222", "form": form}, to="rules")

        assert answer.status_code == 409
        assert "There is no such rule any more." in answer.text
