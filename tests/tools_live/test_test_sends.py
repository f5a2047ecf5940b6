"""Tests to the owner's own recipients: to nobody else, without a person, and they open the way for many."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.sandbox import Sandbox
from tests.support import SMS, Person, Session, connected
from tests.tools_live.live import bodies, previewed, refused

pytestmark = pytest.mark.anyio

SEEDS = 'seed_recipients = ["+351900000901", "+34600000901", "tests@example.com"]'
MANY: dict[str, Any] = {"audience": "whole_list", "when": "now"}
TEXT = "Lunch at 13:00. Reply STOP to opt out"
HTML = '<p>Lunch at 13:00</p><a href="https://example.com/unsubscribe">Unsubscribe</a>'


@asynccontextmanager
async def owned(
    tmp_path: Path,
    policy: str = f"{SEEDS}\ntest_first_above = 1",
    *,
    person: Person | None = None,
    sandbox: Sandbox | None = None,
    **variables: str,
) -> AsyncGenerator[Session]:
    """A session whose owner has this policy."""
    file = tmp_path / "policy.toml"
    file.write_text(policy, encoding="utf-8")
    file.chmod(0o600)
    environ = {"EGOI_MCP_POLICY_FILE": str(file), "EGOI_MCP_TOOLSETS": "campaigns,sms", **variables}
    async with connected(tmp_path / "state", environ, person=person, sandbox=sandbox) as session:
        yield session


async def drafted(session: Session, channel: str = "sms", **changed: object) -> str:
    words: dict[str, object] = {"text": TEXT, "sender": "102"}
    if channel == "email":
        words = {"subject": "Lunch", "html": HTML, "text": "Lunch at 13:00", "sender": "201"}
    made = await session.call(
        "create_campaign", channel=channel, list_id=3, title="Lunch", **{**words, **changed}
    )
    assert made.status == "succeeded", made.text
    return str(made.data["ids"][0])


async def test_many_are_reached_only_after_the_owner_has_read_that_very_text(tmp_path: Path) -> None:
    person = Person()
    async with owned(tmp_path, person=person) as session:
        campaign = await drafted(session)
        untested = await session.call("send_campaign", campaign=campaign, **MANY)
        assert untested.status == "denied", untested.text
        assert 'Make this same call with test_to=["seeds"] added, and then this one again.' in untested.text

        tested = await session.call("send_campaign", campaign=campaign, **MANY, test_to=["seeds"])
        assert (tested.status, person.forms) == ("succeeded", []), tested.text
        assert [(each.recipient, each.sender) for each in session.sandbox.effects.messages] == [
            ("34-600000901", "ACME"),
            ("351-900000901", "ACME"),
        ]
        assert {each.text for each in session.sandbox.effects.messages} == {TEXT}
        assert session.sandbox.world.egoi.campaigns[campaign].status == "draft"

        same = {"title": "Lunch", "sender": "102", "text": TEXT}
        other = same | {"text": f"{TEXT}!"}
        changed = await session.call("update_campaign", campaign=campaign, **other)
        assert changed.status == "succeeded", changed.text
        again = await session.call("send_campaign", campaign=campaign, **MANY)
        assert again.status == "denied", again.text
        back = await session.call("update_campaign", campaign=campaign, **same)
        assert back.status == "succeeded", back.text
        done = await session.call("send_campaign", campaign=campaign, **MANY)
        assert done.status == "succeeded", done.text
        assert len(person.forms) == 1
        assert session.sandbox.effects.count("sms") == 2 + 12


async def test_an_email_is_tested_with_its_own_html_and_each_seed_gets_it_alone(tmp_path: Path) -> None:
    person = Person()
    async with owned(
        tmp_path, f'{SEEDS[:-1]}, "more@example.com"]\ntest_first_above = 1', person=person
    ) as s:
        campaign = await drafted(s, "email")
        assert (await s.call("send_campaign", campaign=campaign, **MANY)).status == "denied"
        tested = await s.call("send_campaign", campaign=campaign, **MANY, test_to=["seeds"])
        assert (tested.status, person.forms) == ("succeeded", []), tested.text
        email = {"senderId": "201", "subject": "Lunch", "htmlBody": HTML, "textBody": "Lunch at 13:00"}
        assert bodies(s, "sendEmailMessages") == [
            [{**email, "to": ["more@example.com"]}, {**email, "to": ["tests@example.com"]}]
        ]
        done = await s.call("send_campaign", campaign=campaign, **MANY)
        assert (done.status, len(person.forms)) == ("succeeded", 1), done.text


async def test_the_preview_of_a_test_says_that_it_is_one_and_the_text_does_not(tmp_path: Path) -> None:
    async with owned(tmp_path) as session:
        campaign = await drafted(session)
        call = {"campaign": campaign, **MANY, "test_to": ["+34 600 000 901"]}
        preview = (await previewed(session, "send_campaign", **call)).data["preview"]
        assert preview["title"] == "Test the sms campaign 'Lunch' on 1 of the owner's own"
        assert preview["to"] == ["+34600000901"]
        assert preview["facts"]["test"] == (
            "the same text through E-goi's transactional API; the campaign stays a draft"
        )
        assert preview["message"] == TEXT


async def test_a_test_reaches_nobody_but_seeds(tmp_path: Path) -> None:
    async with owned(tmp_path, person=Person()) as session:
        sms, email = await drafted(session), await drafted(session, "email")
        for campaign, to in (
            (sms, ["+351900000001"]),
            (sms, ["seeds", "+351900000001"]),
            (sms, ["tests@example.com"]),
            (sms, ["nobody"]),
            (email, ["+351900000901"]),
            (email, ["ana@example.com"]),
        ):
            said = await refused(session, "send_campaign", campaign=campaign, **MANY, test_to=to)
            assert said.startswith(f"test_to: 1 of {len(to)} are none of the owner's own test recipients"), to
            assert "seed_recipients" in said
        unseen = await refused(session, "send_campaign", campaign="smsdraft02", **MANY, test_to=["seeds"])
        assert unseen.startswith("test_to: the text is not known here: this server did not write it.")
        session.sandbox.world.transactional.senders["501"].status = "pending"
        other = await refused(session, "send_campaign", campaign=sms, **MANY, test_to=["seeds"])
        assert "none of the transactional SMS senders that can send" in other
        assert 'send_sms(to=["seeds"])' in other


async def test_without_seeds_there_is_nobody_to_test_with(tmp_path: Path) -> None:
    async with owned(tmp_path, 'seed_recipients = ["+351900000901"]', person=Person()) as session:
        email = await drafted(session, "email")
        said = await refused(session, "send_campaign", campaign=email, **MANY, test_to=["seeds"])
        assert said == (
            "test_to: the owner's policy names no address of its own to test with. Nothing was sent. "
            "The owner adds it to seed_recipients."
        )


async def test_send_sms_names_the_seeds_without_knowing_them(tmp_path: Path) -> None:
    person = Person()
    many = {**SMS, "to": ["+351900000001", "+351900000002"]}
    async with owned(tmp_path, person=person, EGOI_MCP_PII="masked") as session:
        untested = await session.call("send_sms", **many)
        assert untested.status == "denied", untested.text
        assert 'Make this same send_sms call with to=["seeds"] and no other recipients' in untested.text
        tested = await session.call("send_sms", **{**many, "to": ["seeds"]})
        assert (tested.status, person.forms) == ("succeeded", []), tested.text
        assert "900000901" not in tested.text
        other = await session.call("send_sms", **{**many, "text": "Another one"})
        assert other.status == "denied", other.text
        done = await session.call("send_sms", **many)
        assert (done.status, len(person.forms)) == ("succeeded", 1), done.text
    async with connected(tmp_path / "none", EGOI_MCP_TOOLSETS="sms") as session:
        said = await refused(session, "send_sms", **{**SMS, "to": ["seeds"]})
        assert said.startswith("to[0]: the owner's policy names no number of its own to test with.")
