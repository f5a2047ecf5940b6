"""Lists and objects that a host passes as JSON text mean the same, whichever tool and argument."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.support import connected
from tests.support.clock import NOW

pytestmark = pytest.mark.anyio

ENVIRON = {
    "EGOI_ACCOUNT_TIMEZONE": "UTC",
    "EGOI_MCP_TOOLSETS": "default,audiences_admin",
    "EGOI_MCP_RATE_LIMIT": "10000/60",
    "EGOI_MCP_POLICY_SEED_RECIPIENTS": "+351900000001,+351900000002",
}
DRAFT = "<draft>"
TEAM: dict[str, Any] = {"list_id": 3}
MEMBERS = ["cd5096b5fc"]
WHY: dict[str, Any] = {"legal_basis": "consent", "source": "web form"}
SMS: dict[str, Any] = {"text": "Your order is ready", "sender": "501", "purpose": "transactional"}
AT_TXTSYNC: dict[str, Any] = {"provider": "txtsync"}
SMS_THERE: dict[str, Any] = {**SMS, **AT_TXTSYNC, "sender": "ACME"}
SEND: dict[str, Any] = {"campaign": DRAFT, "when": "now"}
ROWS = [{"email": "nuno.900@example.com"}, {"email": "ana.901@example.com", "first_name": "Ana"}]

CASES: list[tuple[str, str, Any, dict[str, Any]]] = [
    # Tool, argument, its value, and the arguments beside it.
    ("search_contacts", "filters", {"language": "pt"}, {"list_id": 1}),
    ("search_contacts", "fields", ["birth_date", "extra_1"], {"list_id": 1}),
    ("get_contact", "fields", ["birth_date", "language"], {**TEAM, "contact_id": MEMBERS[0]}),
    ("create_contact", "tags", ["vip", "new"], {**AT_TXTSYNC, "phone": "+447700900777", **WHY}),
    ("create_contact", "fields", {"first_name": "Nuno"}, {**TEAM, "email": "nuno.900@example.com", **WHY}),
    ("update_contact", "match", {"email": "lucia.001@example.org"}, {**TEAM, "fields": {"first_name": "X"}}),
    ("update_contact", "contact_ids", MEMBERS, {**TEAM, "fields": {"language": "es"}}),
    ("update_contact", "fields", {"first_name": "Lucas"}, {**TEAM, "contact_id": MEMBERS[0]}),
    ("update_contact", "tags", ["vip"], {**AT_TXTSYNC, "match": {"external_reference": "CRM-0001"}}),
    ("unsubscribe_contacts", "contact_ids", MEMBERS, TEAM),
    ("unsubscribe_contacts", "external_references", ["CRM-0001"], AT_TXTSYNC),
    ("unsubscribe_contacts", "phones", ["+447700900201"], AT_TXTSYNC),
    ("erase_contacts", "contact_ids", MEMBERS, TEAM),
    ("erase_contacts", "external_references", ["CRM-0001"], AT_TXTSYNC),
    ("import_contacts", "rows", ROWS, {"list_id": 1, "mode": "add", **WHY}),
    (
        "import_contacts",
        "columns",
        {"mail": "email"},
        {
            "list_id": 1,
            "mode": "add",
            "rows": [{"mail": "nuno.900@example.com"}, {"mail": "ana.901@example.com"}],
            **WHY,
        },
    ),
    ("tag_contacts", "contact_ids", MEMBERS, {**TEAM, "do": "attach", "tag": "vip"}),
    (
        "tag_contacts",
        "values",
        ["lucia.001@example.org"],
        {**TEAM, "do": "attach", "tag": "vip", "field": "email"},
    ),
    ("send_campaign", "segment_ids", ["tag_1"], {**SEND, "audience": "segments"}),
    ("send_campaign", "test_to", ["+351900000001"], {**SEND, "audience": "whole_list"}),
    ("send_sms", "to", ["+351900000001", "351-900000002"], SMS),
    ("send_sms", "contact_ids", MEMBERS, {**SMS, **TEAM}),
    ("send_sms", "to_tags", ["vip"], SMS_THERE),
    ("send_sms", "details", {"custom01": "A1"}, {**SMS_THERE, "to": ["+447700900777"]}),
    ("call_operation", "path", {"list_id": 3}, {"operation": "getAllContacts"}),
    ("call_operation", "query", {"status": "draft"}, {"operation": "getAllCampaigns"}),
    ("call_operation", "fields", ["list_id"], {"operation": "getAllLists"}),
    ("call_operation", "body", {"name": "new", "color": "#FF0000"}, {"operation": "egoi:createTag"}),
    (
        "call_operation",
        "items",
        [{"to": "351-900000001", "from": "501", "textBody": "Your order is ready"}],
        {"operation": "sendSmsMessages"},
    ),
    (
        "manage_field",
        "labels",
        {"en": "Wine", "pt": "Vinho"},
        {"do": "add_option", "list_id": 1, "field": "4"},
    ),
    ("manage_suppression", "values", ["nuno.900@example.com"], {"do": "add", "type": "email"}),
]


async def test_json_text_means_what_the_list_or_object_does(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxSettings(clock=lambda: NOW, rate_calls=10_000))
    async with connected(tmp_path, ENVIRON, sandbox=sandbox, now=lambda: NOW) as session:
        tools = (await session.client.list_tools()).tools
        schemas = {tool.name: tool.input_schema["properties"] for tool in tools}
        composed = {
            (tool, name)
            for tool, members in schemas.items()
            for name, schema in members.items()
            if schema["type"] in {"array", "object"}
        }
        assert {(tool, name) for tool, name, _, _ in CASES} == composed
        draft = await session.call(
            "create_campaign", channel="sms", list_id=3, title="June", sender="102", text="Hi. Reply STOP"
        )
        for tool, name, value, beside in CASES:
            arguments = {key: draft.data["ids"][0] if each == DRAFT else each for key, each in beside.items()}
            shown = {"preview_only": True} if "preview_only" in schemas[tool] else {}
            plain = await session.call(tool, **arguments, **shown, **{name: value})
            assert not plain.is_error, (tool, name, plain.text)
            as_text = await session.call(tool, **arguments, **shown, **{name: json.dumps(value)})
            assert (as_text.text, as_text.data) == (plain.text, plain.data), (tool, name)
            without = await session.call(tool, **arguments, **shown)
            assert without.text != plain.text, (tool, name)
