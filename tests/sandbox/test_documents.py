"""The sandbox's replies against the response schemas of the vendors' documents.

The documents are not part of this project: `EGOI_MCP_SPECS` names the folder that holds `operations/*.json`.
Nulls are left out before the comparison, because the sandbox gives some on purpose where no document does.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Protocol, cast

import httpx2
import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.sandbox.egoi.routes import EGOI_ROUTES
from egoi_mcp.sandbox.egoi.state import derived_id
from egoi_mcp.sandbox.intercom import INTERCOM_ROUTES
from egoi_mcp.sandbox.intercom_companies import COMPANY_ROUTES
from egoi_mcp.sandbox.transactional import TRANSACTIONAL_ROUTES
from egoi_mcp.sandbox.txtsync import TXTSYNC_ROUTES
from tests.sandbox.accounts import EGOI_HEADERS, INTERCOM_HEADERS, TXTSYNC_AUTH, TXTSYNC_HEADERS, client

_FOLDER = os.environ.get("EGOI_MCP_SPECS")
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not _FOLDER, reason="EGOI_MCP_SPECS names no folder with the vendors' documents"),
]

_LIST_3 = {"list_id": 3, "segments": {"type": "none"}}
_SMS = {"list_id": 3, "internal_name": "x", "sender_id": 102, "content": {"type": "text", "message": "x"}}
_TXT = {"From": "ACME", "Message": "x", "To": "+447700900201"}

_EGOI: tuple[tuple[str, str, str, Any], ...] = (
    ("ping", "POST", "/ping", None),
    ("getMyAccount", "GET", "/my-account", None),
    ("searchContacts", "GET", "/contacts/search?type=cellphone&contact=351-900000001", None),
    ("getAllContacts", "GET", "/lists/1/contacts?limit=180", None),
    ("getAllContactsBySegment", "GET", "/lists/1/contacts/segment/tag_1", None),
    ("getContact", "GET", "/lists/3/contacts/{contact}", None),
    ("getAllContactActivities", "GET", "/lists/3/contacts/{contact}/activities", None),
    ("createContact", "POST", "/lists/3/contacts", {"base": {"email": "new@example.com"}}),
    ("patchContact", "PATCH", "/lists/3/contacts/{contact}", {"base": {"last_name": "x"}}),
    (
        "updateContactByField",
        "POST",
        "/lists/3/contacts/by-field",
        {"base": {"last_name": "y"}, "compare_field": {"field_id": "cellphone", "value": "351-900000001"}},
    ),
    ("actionAttachTag", "POST", "/lists/3/contacts/actions/attach-tag", {"tag_id": 4, "segment_id": "tag_1"}),
    (
        "actionDetachTag",
        "POST",
        "/lists/3/contacts/actions/detach-tag",
        {"tag_id": 4, "contacts": ["{contact}"]},
    ),
    ("actionDeactivateContacts", "POST", "/lists/3/contacts/actions/deactivate", {"type": "all"}),
    ("actionActivateContacts", "POST", "/lists/3/contacts/actions/activate", {"type": "all"}),
    (
        "actionUpdateContacts",
        "POST",
        "/lists/3/contacts/actions/update",
        {"type": "all", "base": {"language": "pt"}},
    ),
    (
        "actionUnsubscribeContact",
        "POST",
        "/lists/3/contacts/actions/unsubscribe",
        {"data": [{"contact_id": "{contact}", "unsubscription_method": "api"}]},
    ),
    ("actionForgetContacts", "POST", "/lists/3/contacts/actions/forget", {"contacts": ["{contact}"]}),
    ("getAllLists", "GET", "/lists", None),
    ("getList", "GET", "/lists/1", None),
    ("createList", "POST", "/lists", {"internal_name": "x"}),
    ("updateList", "PATCH", "/lists/3", {"public_name": "x"}),
    ("getAllFields", "GET", "/lists/1/fields?limit=100", None),
    ("getAllSegments", "GET", "/lists/1/segments", None),
    ("deleteSegment", "DELETE", "/lists/1/segments/saved_11", None),
    ("getAllTags", "GET", "/tags", None),
    ("createTag", "POST", "/tags", {"name": "x", "color": "#000000"}),
    ("updateTag", "PUT", "/tags/12", {"name": "y"}),
    ("deleteTag", "DELETE", "/tags/12", None),
    ("getAllCampaigns", "GET", "/campaigns", None),
    ("createSmsCampaign", "POST", "/campaigns/sms", _SMS),
    ("patchSmsCampaign", "PATCH", "/campaigns/sms/smsdraft02", {"internal_name": "x"}),
    (
        "actionSendSms",
        "POST",
        "/campaigns/sms/smsdraft02/actions/send",
        _LIST_3 | {"destination_field": "cellphone"},
    ),
    ("getSMSReport", "GET", "/reports/sms/smsdraft02", None),
    ("patchEmailCampaign", "PATCH", "/campaigns/email/emldraft02", {"subject": "x"}),
    ("actionSendEmail", "POST", "/campaigns/email/emldraft02/actions/send", _LIST_3),
    ("getEmailReport", "GET", "/reports/email/emldraft02", None),
    ("deleteCampaigns", "DELETE", "/campaigns/smsdraft01", None),
    ("getAllAdvancedReports", "GET", "/reports/advanced", None),
    ("getAllCellphoneSenders", "GET", "/senders/cellphone", None),
    ("getAllEmailSenders", "GET", "/senders/email", None),
    ("getAllPhoneSenders", "GET", "/senders/phone", None),
    ("deleteCellphoneSender", "DELETE", "/senders/cellphone/104", None),
    ("deleteEmailSender", "DELETE", "/senders/email/203", None),
    ("getAllSuppressionList", "GET", "/suppression-list?limit=100", None),
    ("createSuppressionList", "POST", "/suppression-list", {"type": "email", "value": ["x@example.com"]}),
    ("deleteSuppressionList", "DELETE", "/suppression-list/7", None),
    ("getAllOperations", "GET", "/operations", None),
    ("actionPauseOperation", "POST", "/operations/actions/pause", {"operations": [2, 99]}),
    ("actionResumeOperation", "POST", "/operations/actions/resume", {"operations": [2]}),
    ("actionApproveOperation", "POST", "/operations/actions/approve", {"operations": [4]}),
    ("actionCancelOperation", "POST", "/operations/actions/cancel", {"operations": [2]}),
    ("getAllAutomations", "GET", "/automations", None),
    ("getAllActions", "GET", "/automations/1/actions", None),
    ("getAllWebhooks", "GET", "/webhooks", None),
)
_TXTSYNC: tuple[tuple[str, str, str, Any], ...] = (
    ("SendSMS", "POST", "/sms/send", _TXT),
    ("SendBulkSMS", "POST", "/sms/send/bulk", {"From": "ACME", "Message": "x", "ToTagName": ["vip"]}),
    ("SearchContact", "GET", "/contacts", None),
    ("AddContact", "POST", "/contacts", {"MobileNumber": "+447700900999"}),
    ("GetContactByExternalReference", "GET", "/contacts/external/CRM-0001", None),
    ("UpdateContact", "PUT", "/contacts/9001", {"FirstName": "x"}),
    ("UpdateContactByExternalReference", "PUT", "/contacts/external/CRM-0002", {"FirstName": "x"}),
    ("DeleteContact", "DELETE", "/contacts/9003", None),
    ("DeleteContactByExternalReference", "DELETE", "/contacts/external/CRM-0004", None),
    ("InboundSMS", "POST", "/system/applications/webhooks/type/0", {"URL": "https://example.com/"}),
    ("DeleteTrigger", "DELETE", "/system/applications/webhooks/1", None),
)
_COMPANY = derived_id(SandboxSettings().seed, "intercom-company", 1, 24)
_LEADS = {"query": {"field": "role", "operator": "=", "value": "lead"}}
_INTERCOM: tuple[tuple[str, str, str, Any], ...] = (
    ("identifyAdmin", "GET", "/me", None),
    ("ListContacts", "GET", "/contacts?per_page=10", None),
    ("SearchContacts", "POST", "/contacts/search", _LEADS),
    ("CreateContact", "POST", "/contacts", {"email": "new@example.com"}),
    ("ShowContact", "GET", "/contacts/{contact}", None),
    ("UpdateContact", "PUT", "/contacts/{contact}", {"name": "x"}),
    ("retrieveCompany", "GET", "/companies?name=Example%20Ltd", None),
    ("createOrUpdateCompany", "POST", "/companies", {"company_id": "company-001", "size": 7}),
    ("attachContactToACompany", "POST", "/contacts/{contact}/companies", {"id": _COMPANY}),
    ("listCompaniesForAContact", "GET", "/contacts/{contact}/companies", None),
    ("detachContactFromACompany", "DELETE", "/contacts/{contact}/companies/" + _COMPANY, None),
    ("listTags", "GET", "/tags", None),
    ("attachTagToContact", "POST", "/contacts/{contact}/tags", {"id": "9103"}),
    ("listTagsForAContact", "GET", "/contacts/{contact}/tags", None),
    (
        "createMessage",
        "POST",
        "/messages",
        {
            "message_type": "email",
            "subject": "x",
            "body": "x",
            "from": {"type": "admin", "id": 810001},
            "to": {"type": "user", "id": "{contact}"},
        },
    ),
    ("ArchiveContact", "POST", "/contacts/{contact}/archive", None),
)


class _Validator(Protocol):
    """What is used of jsonschema, whose types know JSON alone."""

    def iter_errors(self, instance: object) -> Iterable[ValidationError]: ...


@cache
def _operations(api: str) -> Mapping[str, Mapping[str, Any]]:
    text = (Path(_FOLDER or "") / "operations" / f"{api}.json").read_text(encoding="utf-8")
    return {entry["operationId"]: entry for entry in json.loads(text)}


def _meant(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A response schema as the document means it: `nullable` spelt out, `required` of what exists."""
    meant = {name: schema[name] for name in ("type", "enum", "minimum", "maximum") if name in schema}
    if schema.get("type") == "date":
        meant["type"] = "string"
    if "pattern" in schema:
        meant["pattern"] = rf"\A(?:{schema['pattern']})\Z"
    if "items" in schema:
        meant["items"] = _meant(schema["items"])
    for name in ("oneOf", "anyOf", "allOf"):
        if name in schema:
            # Variants overlap in the documents, so that "exactly one" cannot hold.
            meant["allOf" if name == "allOf" else "anyOf"] = [_meant(variant) for variant in schema[name]]
    properties: Mapping[str, Any] = schema.get("properties", {})
    if properties:
        meant["properties"] = {name: _meant(inner) for name, inner in properties.items()}
    if isinstance(schema.get("required"), list):
        meant["required"] = [name for name in schema["required"] if name in properties]
    return {"anyOf": [meant, {"type": "null"}]} if schema.get("nullable") else meant


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {name: _without_nulls(inner) for name, inner in members.items() if inner is not None}
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in cast("list[object]", value)]
    return value


def _problems(schema: Mapping[str, Any], value: object) -> list[str]:
    """Where a value does not fit a documented schema."""
    validator = cast("_Validator", Draft202012Validator(_meant(schema)))
    return [
        f"{error.json_path} {error.message}"[:300] for error in validator.iter_errors(_without_nulls(value))
    ]


async def _check_all(
    http: httpx2.AsyncClient, api: str, contact: str, calls: tuple[tuple[str, str, str, Any], ...]
) -> None:
    for name, method, path, body in calls:
        filled = json.loads(json.dumps(body).replace("{contact}", contact))
        content = None if body is None else json.dumps(filled).encode()
        reply = await http.request(method, path.replace("{contact}", contact), content=content)
        success: Mapping[str, Any] = _operations(api)[name]["success"]
        assert str(reply.status_code) in success, f"{name}: {reply.status_code} {reply.text}"
        schema = success[str(reply.status_code)]
        if schema is not None and reply.content:
            assert _problems(schema, reply.json()) == [], name


_ROUTES = {"egoi": EGOI_ROUTES, "txtsync": TXTSYNC_ROUTES, "intercom": (*INTERCOM_ROUTES, *COMPANY_ROUTES)}


@pytest.mark.parametrize("api", _ROUTES)
def test_every_route_is_an_operation_of_the_document(api: str) -> None:
    documented = {(entry["method"], entry["path"], name) for name, entry in _operations(api).items()}
    assert {(route.method, route.template, route.operation) for route in _ROUTES[api]} <= documented


def test_every_transactional_route_is_an_operation_of_its_page() -> None:
    page = (Path(_FOLDER or "") / "egoi-transactional-v2.md").read_text(encoding="utf-8")
    single = "sendSmsMessagesSingle"  # named in words only
    missing = [
        route.operation
        for route in TRANSACTIONAL_ROUTES
        if f"`{route.operation}` | {route.method} | `{route.template.removeprefix('/api')}`" not in page
    ]
    assert missing == [single]


async def test_e_goi_answers_as_documented(sandbox: Sandbox) -> None:
    contact = next(iter(sandbox.world.egoi.lists[3].contacts))
    async with client(sandbox, EGOI_HEADERS) as http:
        await _check_all(http, "egoi", contact, _EGOI)


async def test_txtsync_answers_as_documented(sandbox: Sandbox) -> None:
    async with client(sandbox, TXTSYNC_HEADERS, TXTSYNC_AUTH) as http:
        await _check_all(http, "txtsync", "", _TXTSYNC)


async def test_intercom_answers_as_documented(sandbox: Sandbox) -> None:
    contact = next(iter(sandbox.world.intercom.contacts))
    async with client(sandbox, INTERCOM_HEADERS) as http:
        await _check_all(http, "intercom", contact, _INTERCOM)


async def test_the_connectors_actions_answer_as_its_document_says() -> None:
    sandbox = Sandbox(SandboxSettings(attach_tag_form="detailed"))
    contact = next(iter(sandbox.world.egoi.lists[3].contacts))
    calls = (
        ("AddTag", "POST", "/lists/3/contacts/actions/attach-tag", {"tag_id": 4, "contacts": [contact]}),
        ("GetTag", "GET", "/tags", None),
        ("CreateContact", "POST", "/lists/3/contacts", {"base": {"email": "new@example.com"}}),
        ("GetListsContacts", "GET", "/lists", None),
    )
    async with client(sandbox, EGOI_HEADERS) as http:
        await _check_all(http, "egoi-connector", contact, calls)
        senders = (await http.get("/api/v2/sms/senders")).json()
        sent = await http.post(
            "/api/v2/sms/messages/action/send",
            json=[{"to": "351-900000001", "from": senders[0]["id"], "textBody": "x"}],
        )
    # The document describes one sender where the API answers an array of them.
    schema = _operations("egoi-connector")["GetSenders"]["success"]["200"]
    assert [_problems(schema, sender) for sender in senders] == [[]] * 4
    assert str(sent.status_code) in _operations("egoi-connector")["SendSMS"]["success"]
