"""Addresses that the caller chose, and what goes out or live by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from egoi_mcp.api.catalog import Api, JsonValue, Request
from egoi_mcp.api.risk import Risk, risk_of
from tests.api.risks import operation_of, risk

URL = "https://hooks.example.com"


@pytest.mark.parametrize(
    ("api", "name", "body"),
    [
        # what is told to an address
        ("egoi", "actionImportBulk", {"callback_url": URL}),
        ("egoi", "actionImportBulk", {"notify": [3]}),
        ("egoi", "createTag", {"name": "vip", "notify_url": URL}),
        ("egoi", "createTag", {"name": "vip", "webHook": URL}),
        ("txtsync", "UpdateContact", {"URL": URL}),
        # what the vendor fetches: the address itself can carry data
        ("egoi", "createEmailCampaign", {"content": {"type": "web_page", "url": URL}}),
        ("egoi", "createEmailCampaign", {"content": {"type": "file", "file": f"{URL}/mail.html"}}),
        ("egoi", "createEmailRssCampaign", {"content": {"type": "html", "feed": f"{URL}/feed.xml"}}),
        ("egoi", "createWebPushRssCampaign", {"content": {"feed": f"{URL}/feed.xml"}}),
        ("egoi", "createSmartSmsCampaign", {"page_content": {"type": "import", "page_url": URL}}),
        ("egoi", "patchSmartSmsCampaign", {"page_content": {"page_url": URL}}),
        ("egoi", "createVoiceCampaign", {"content": {"type": "audio", "audio": f"{URL}/a.mp3"}}),
        ("egoi", "createPushCampaign", {"notification_options": {"icon": "hooks.example.com/i.png"}}),
        ("egoi", "ImportProducts", {"mode": "add", "products": [{"image_link": f"{URL}/p.png"}]}),
        ("intercom", "createExternalPage", {"title": "Help", "url": URL}),
        ("intercom", "updateContentImportSource", {"url": URL}),
        ("intercom", "createHelpCenterRedirect", {"from_url": URL}),
        ("intercom", "UpdateContact", {"avatar": f"{URL}/a.png"}),
    ],
)
def test_an_address_that_the_caller_chose_discloses(api: Api, name: str, body: JsonValue) -> None:
    assert risk(api, name, body) is Risk.DISCLOSE


@pytest.mark.parametrize(
    ("api", "name", "body"),
    [
        ("egoi", "createEmailCampaign", {"content": {"type": "html", "body": f"<a href='{URL}'>Shop</a>"}}),
        ("egoi", "createEmailCampaign", {"content": {"type": "web_page", "url": ""}}),
        ("egoi", "createEmailCampaign", {"content": {"type": "file", "file": "PGh0bWw+/+8="}}),
        ("egoi", "createPushCampaign", {"actions": {"type": "url", "link": URL}}),
        ("egoi", "createVoiceCampaign", {"content": {"type": "audio", "audio": "//uQxAAA"}}),
        ("egoi", "createPushCampaign", {"notification_options": {"icon": "bell"}}),
        ("egoi", "createTag", {"name": URL}),
        ("egoi", "patchContact", {"extra": [{"field_id": 3, "value": URL}]}),
        ("intercom", "createTicketType", {"name": "Bug", "icon": "\N{ADMISSION TICKETS}"}),
    ],
)
def test_what_nobody_fetches_stays_a_change(api: Api, name: str, body: JsonValue) -> None:
    assert risk(api, name, body) is Risk.WRITE


def test_a_parameter_of_the_address_line_discloses_like_a_member_of_the_body() -> None:
    assert risk("egoi", "getAllLists", query={"callback_url": URL}) is Risk.DISCLOSE
    assert risk("egoi", "createTag", {"name": "vip"}, query={"callbackUrl": URL}) is Risk.DISCLOSE
    assert risk("egoi", "createTag", {"name": "vip"}, path={"webhook": "hooks.example.com"}) is Risk.DISCLOSE
    assert risk("egoi", "patchContact", {}, query={"status": "removed"}) is Risk.DESTROY
    assert risk("egoi", "actionImportBulk", {}, query={"force_empty": True}) is Risk.DESTROY
    assert risk("txtsync", "UpdateContact", {}, query={"AllowSMS": True}) is Risk.CONSENT
    assert risk("egoi", "patchBaseField", {"unique": True}, path={"field_id": "status"}) is Risk.DESTROY


def test_a_parameter_keeps_nothing_low() -> None:
    quiet = {"status": "inactive", "base": "inactive"}
    assert risk("egoi", "createContact", {}, path=quiet, query=quiet) is Risk.CONSENT


@pytest.mark.parametrize("name", ["createSmsCampaign", "patchSmsCampaign", "createEmailCampaign"])
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"internal_name": "June"}, Risk.WRITE),
        ({"schedule_date": "2026-12-01 10:00:00"}, Risk.SEND),
        ({"Scheduled-For": "2026-12-01 10:00:00"}, Risk.SEND),
        ({"options": {"scheduleDate": 1}}, Risk.SEND),
        ({"schedule_date": None}, Risk.WRITE),
    ],
)
def test_a_draft_that_names_its_time_may_go_out_by_itself(name: str, body: JsonValue, expected: Risk) -> None:
    assert risk("egoi", name, body) is expected


@pytest.mark.parametrize("name", ["createArticle", "createNewsItem"])
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"title": "Hello"}, Risk.WRITE),
        ({"title": "Hello", "state": "draft"}, Risk.WRITE),
        ({"title": "Hello", "state": "published"}, Risk.SEND),
        ({"title": "Hello", "state": "live"}, Risk.SEND),
        ({"title": "Hello", "State": "live"}, Risk.SEND),
        ({"title": "Hello", "state": None}, Risk.SEND),
        ({"state": "draft", "translated_content": {"pt": {"state": "published"}}}, Risk.SEND),
        ({"title": "Hello", "scheduled_publish_at": "2026-12-01T10:00:00Z"}, Risk.SEND),
    ],
)
def test_a_text_that_goes_live_reaches_everybody(name: str, body: JsonValue, expected: Risk) -> None:
    assert risk("intercom", name, body) is expected


def test_the_floor_may_be_above_what_a_member_raises_to() -> None:
    send = operation_of("egoi", "actionSendSms")
    body: JsonValue = {"list_id": 1, "callback_url": URL, "schedule_date": "2026-12-01 10:00:00"}
    assert risk_of(Request(operation=send, body=body)) is Risk.SEND
    assert risk_of(Request(operation=replace(send, risk=Risk.DESTROY), body=body)) is Risk.DESTROY
