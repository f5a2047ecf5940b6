"""What the tools send is what the vendors' documents allow: each of their operations, once."""

from __future__ import annotations

import ast
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import egoi_mcp.tools
from egoi_mcp.api.catalog import APIS, match, operations, thaw
from egoi_mcp.api.checking import check
from egoi_mcp.sandbox import Sandbox, SandboxSettings
from tests.contract.plugin import ContractRecorder
from tests.contract.vendor_documents import SPECS, VendorDocuments, documents_of_the_environment
from tests.support import SMS, Person, connected
from tests.tools_live.removal_tour import removals

pytestmark = pytest.mark.anyio

FOLDER = Path(egoi_mcp.tools.__file__).parent
WITNESSES = FOLDER.parent / "guard" / "witnesses.py"
ANY_OPERATION = "operation_plan.py"
"""It names operations that call_operation calls; test_every_operation sends them all."""
ACCOUNTS = {"getMyAccount", "identifyAdmin"}
"""What the client itself asks to know the account."""


def operations_of_the_tools() -> set[str]:
    """The catalog's operations that stand, as texts, in the tools' code."""
    known = {entry.name for api in APIS for entry in operations(api)}
    texts = {
        node.value
        for path in (*FOLDER.glob("*.py"), WITNESSES)
        if path.name != ANY_OPERATION
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return (known & texts) | ACCOUNTS


CAMPAIGN: dict[str, Any] = {
    "list_id": 3,
    "title": "June",
    "sender": "102",
    "channel": "sms",
    "text": "Hi. STOP",
}
EMAIL: dict[str, Any] = {**CAMPAIGN, "channel": "email", "sender": "201", "subject": "x", "html": "<p>x</p>"}
TXTSYNC: dict[str, Any] = {"provider": "txtsync"}
INTERCOM: dict[str, Any] = {"provider": "intercom"}
BASIS = {"legal_basis": "consent", "source": "web form"}


async def change_contacts(done: Callable[..., Awaitable[dict[str, Any]]], contact_id: str) -> None:
    """Change contacts at each vendor in every way."""
    team, named = {"list_id": "Team"}, {"fields": {"last_name": "Exemplo Antes"}}
    await done("update_contact", **team, contact_id=contact_id, **named)
    await done(
        "update_contact", **team, match={"cellphone": "+351900000001"}, fields={"last_name": "Exemplo Depois"}
    )
    await done("update_contact", list_id="Customers", segment="vip", fields={"City": "Porto"})
    for status in ("inactive", "active"):
        await done("update_contact", **team, audience="whole_list", status=status, **BASIS)
    for whom in ({"phone": "+447700900201"}, {"external_reference": "CRM-0002"}):
        await done("update_contact", **TXTSYNC, match=whom, fields={"city": "Porto"})
    user = {"provider": "intercom", "email": "new@example.com", **BASIS}
    (contact, *_) = (await done("create_contact", **user, company="Example Partners"))["ids"]
    await done("update_contact", provider="intercom", contact_id=contact, fields={"name": "Ana Exemplo"})
    own = {"match": {"external_id": "user-001"}, "fields": {"name": "Eva Exemplo"}}
    await done("update_contact", provider="intercom", **own, company="Sample SA")


async def import_some(done: Callable[..., Awaitable[dict[str, Any]]]) -> None:
    """Import contacts in every mode, with every kind of member."""
    people: list[dict[str, Any]] = [
        {
            "email": f"imported{number}@example.com",
            "mobile": f"+35190000020{number}",
            "landline": "+351210000000",
            "birth_date": "2000-02-29",
            "language": "pt",
            "status": "active",
            "City": "Porto",
            "Interests": "1",
            "utm_source": "shop",
            "referrer": "example.com",
        }
        for number in range(3)
    ]
    for mode in ("add", "update"):
        await done("import_contacts", list_id=1, mode=mode, rows=people, **BASIS)
    names = [{"email": each["email"], "first_name": "", "City": ""} for each in people]
    await done("import_contacts", list_id=1, mode="update_only", rows=names, force_empty=True)


async def tour(tmp_path: Path) -> None:
    """Call the tools so that each of their operations goes out."""
    # More calls than a minute allows: what is tried here is what they say.
    sandbox = Sandbox(SandboxSettings(rate_calls=10_000))
    environ = {
        "EGOI_ACCOUNT_TIMEZONE": "Europe/Lisbon",
        "EGOI_MCP_RATE_LIMIT": "10000/60",
        "EGOI_MCP_POLICY_SEED_RECIPIENTS": "+351900000901,tests@example.com",
    }
    async with connected(tmp_path, environ, person=Person(), sandbox=sandbox) as session:

        async def done(tool: str, **arguments: object) -> dict[str, Any]:
            called = await session.call(tool, **arguments)
            assert not called.is_error, called.text
            assert "action_id" not in called.data or called.status == "succeeded", called.text
            return called.data

        await done("get_account")
        (row,) = (await done("search_contacts", query="+351900000001"))["contacts"]
        await done("search_contacts", list_id=1, query="Ana", limit=7)
        await done("search_contacts", **TXTSYNC, query="+447700900201")
        await done("search_contacts", list_id=1, segment="saved_11", filters={"show_removed": True})
        await done("search_contacts", list_id=1, filters={"City": "Madrid", "language": "es"})
        await done("get_contact", contact_id=row["contact_id"], list_id=3, activities=True)
        (user,) = (await done("search_contacts", **INTERCOM, query="icom.001@example.org"))["contacts"]
        for question in ({}, {"role": "lead", "query": "Grace"}, {"filters": {"tag": "vip"}}):
            await done("search_contacts", **INTERCOM, **question)
        for reference in (user["contact_id"], "user-001", "icom.001@example.org"):
            await done("get_contact", **INTERCOM, contact_id=reference)
        await done("get_contact", **TXTSYNC, contact_id="CRM-0001")
        await done("create_contact", list_id=3, email="new@example.com", phone="+351900000777")
        await done("create_contact", **TXTSYNC, phone="+447700900777", tags=["vip"], **BASIS)
        await change_contacts(done, row["contact_id"])
        await import_some(done)
        for arguments in ({}, {"kind": "tags"}, {"kind": "tags", "provider": "intercom"}, {"list_id": 1}):
            await done("list_audiences", **arguments)
        for kind in ("segments", "fields"):
            await done("list_audiences", kind=kind, list_id=1)
        await done("tag_contacts", do="attach", list_id=3, tag="beta", contact_ids=[row["contact_id"]])
        await done("list_campaigns", channel="sms", status="sent", list_id=1)
        for draft, when in ((CAMPAIGN, "now"), (EMAIL, "2095-06-01T09:00")):
            (campaign,) = (await done("create_campaign", **draft))["ids"]
            change = {name: value for name, value in draft.items() if name not in {"list_id", "channel"}}
            await done("update_campaign", campaign=campaign, **{**change, "text": "Hi all. STOP"})
            send = {"campaign": campaign, "audience": "segments", "segment_ids": ["tag_1"]}
            await done("send_campaign", **send, when=when, test_to=["seeds"])
            await done("send_campaign", **send, when=when)
        for campaign in ("smssent001", "emlsent001"):
            await done("get_report", campaign=campaign)
        await done("send_sms", **{**SMS, "purpose": "promotional"})
        await done("send_sms", **{**SMS, **TXTSYNC, "sender": "ACME"})
        at_txtsync = {**SMS, **TXTSYNC, "sender": "ACME"}
        several = ["+447700900777", "+34600000001"]
        await done("send_sms", **{**at_txtsync, "to": several, "text": "Hello", "to_tags": ["vip"]})
        details = dict.fromkeys(("regarding_reference", "regarding_schema", "custom01", "custom02"), "7")
        later = {"when": "2095-06-01T09:00", "details": details, "text": "Later"}
        await done("send_sms", **{**at_txtsync, **later})
    await removals(tmp_path / "removals")


async def test_every_operation_of_the_tools_goes_out_and_is_recorded(
    tmp_path: Path, recorded: ContractRecorder
) -> None:
    await tour(tmp_path)
    # What the tools make, the check of a call that is made by hand takes.
    for each in recorded.requests:
        meant = thaw(each)
        assert check(meant.operation, meant.path, meant.query, meant.body) == [], meant.operation.name
    sent = {match(each.api, each.method, each.target).name for each in recorded.requests}
    assert operations_of_the_tools() - sent == set()
    assert sent - operations_of_the_tools() == set()


@pytest.mark.skipif(
    documents_of_the_environment() is None, reason=f"{SPECS} names no folder with the vendors' documents"
)
async def test_the_documents_know_every_operation_of_the_tools_and_allow_what_is_sent(
    tmp_path: Path, recorded: ContractRecorder
) -> None:
    await tour(tmp_path)
    documents = documents_of_the_environment()
    assert isinstance(documents, VendorDocuments)
    assert recorded.problems() == []
    checked = {
        match(each.api, each.method, each.target).name: documents.check(
            each.method, each.api, each.target, each.body
        )
        for each in recorded.requests
    }
    assert checked.keys() == operations_of_the_tools()
    assert all(problems == [] for problems in checked.values())


@pytest.mark.skipif(
    documents_of_the_environment() is None, reason=f"{SPECS} names no folder with the vendors' documents"
)
async def test_the_recorder_accuses_what_the_documents_do_not_allow(
    tmp_path: Path, recorded: ContractRecorder
) -> None:
    async with connected(tmp_path, EGOI_MCP_TOOLSETS="tags") as session:
        await session.call("list_audiences", kind="tags")
    (request,) = recorded.requests
    assert recorded.problems() == []
    accused = ContractRecorder(documents_of_the_environment())
    accused.record(replace(request, target=request.target.replace("limit=25", "limit=2000")))
    assert accused.problems() == ["getAllTags: limit is not what the document asks for"]
