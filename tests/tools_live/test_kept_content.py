"""What is kept of a campaign that this server writes, so that its send can show all of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.guard.action import Content
from egoi_mcp.models.preview import LARGEST_HTML_BYTES
from egoi_mcp.store.rows import dump_content, load_content
from egoi_mcp.tools.campaign_content import email_face_of, sms_face_of
from tests.support import Session, connected

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "campaigns"}
HTML = '<p>Olá, 10 € off: <a href="https://example.com/sale">see</a></p><a href="!remove">Leave</a>'
EMAIL: dict[str, Any] = {
    "channel": "email",
    "list_id": 3,
    "title": "June",
    "sender": "201",
    "subject": "June",
    "preheader": "Inside",
    "text": "10 € off",
    "html": HTML,
}


async def kept(session: Session, **arguments: object) -> Content:
    """The content of the campaign that these arguments make."""
    made = await session.call("create_campaign", **arguments)
    assert made.status == "succeeded", made.text
    action = await session.ledger.get(made.action_id)
    assert action is not None
    content = await session.ledger.content(action.connection, action.account, made.data["ids"][0])
    assert content is not None
    return content


async def test_an_email_is_kept_whole_and_its_face_is_the_one_that_was_approved(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        content = await kept(session, **EMAIL)
        assert (content.subject, content.preheader, content.plain) == ("June", "Inside", "10 € off")
        assert content.html == HTML
        face = email_face_of(content, "Acme hello@example.com")
        assert face is not None
        assert (face.html, face.subject, face.preheader) == (HTML, "June", "Inside")
        assert face.hosts == ("example.com", "!remove")
        assert face.unsubscribe == "the link 'Leave' to !remove"
        assert sms_face_of(content, "x") is None
        seen = await session.ledger.get((await session.ledger.newest(limit=1))[0].id)
        assert seen is not None
        assert seen.preview.email is not None
        assert seen.preview.email == face.model_copy(update={"sender": seen.preview.email.sender})


async def test_an_email_that_is_too_large_to_be_shown_is_kept_without_its_html(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        html = HTML + "<!--" + "€" * (LARGEST_HTML_BYTES // 3) + "-->"
        content = await kept(session, **{**EMAIL, "html": html})
        assert content.html is None
        assert content.html_bytes == len(html.encode())
        face = email_face_of(content, "Acme")
        assert face is not None
        assert face.too_large
        # Nobody is told that there is no way out where nobody could look.
        assert face.unsubscribe == "not looked for: the HTML is too large to be kept"


async def test_an_sms_is_kept_as_before_and_shown_part_by_part(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS) as session:
        text = "á" * 66 + "\U0001f44d\U0001f3fd" + "b" * 20
        content = await kept(session, channel="sms", list_id=3, title="June", sender="102", text=text)
        face = sms_face_of(content, "ACME")
        assert face is not None
        assert face.parts == ("á" * 66, "\U0001f44d\U0001f3fd" + "b" * 20)
        assert email_face_of(content, "ACME") is None


def test_a_row_of_an_older_version_reads_and_is_written_as_it_was() -> None:
    old = '{"channel": "sms", "title": "June", "text": "Hi", "sender": "102", "digest": "d", "updated": ""}'
    content = load_content(old)
    assert content is not None
    assert dump_content(content) == old
    assert email_face_of(replace(content, channel="email"), "Acme") is None
