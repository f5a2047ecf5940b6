"""What a request says about contacts: towards "may be contacted", and away from it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.api.risk import Risk, affected
from tests.api.risks import ONE, TWO, risk

# -- contacts at E-goi ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"base": {"email": "ana@example.com"}}, Risk.CONSENT),
        ({"base": {"status": "active"}}, Risk.CONSENT),
        ({"base": {"status": "inactive"}}, Risk.WRITE),
        ({"base": {"status": "removed"}}, Risk.WRITE),
        ({"base": {"status": "unconfirmed"}}, Risk.SEND),
        ({"base": {"status": None}}, Risk.SEND),
        ({"base": {"status": "Inactive"}}, Risk.SEND),
        ({"base": {"status": "inactive", "STATUS": "unconfirmed"}}, Risk.SEND),
        ({"base": {"Status": "inactive"}}, Risk.CONSENT),
        ({"Base": {"status": "inactive"}}, Risk.CONSENT),
        ({"status": "inactive"}, Risk.CONSENT),
        ({"base": {"status": "inactive", "Status": "active"}}, Risk.CONSENT),
        ({"base": {"status": "inactive"}, "BASE": {"status": "active"}}, Risk.CONSENT),
        ({"base": {"status": "inactive", "email_status": "active"}}, Risk.CONSENT),
        ({"base": {"status": "inactive", "email_status": "inactive"}}, Risk.WRITE),
        ({"base": {"status": "inactive", "consent": "withdrawn"}}, Risk.CONSENT),
        ({"base": {"status": "inactive"}, "extra": [{"field_id": 1, "status": "active"}]}, Risk.CONSENT),
        ({"base": {"status": "inactive"}, "extra": [{"field_id": 1, "status": "inactive"}]}, Risk.WRITE),
        ({"base": {"status": "inactive", "push_token_ios": [{"token": "x"}]}}, Risk.CONSENT),
        ({"base": {"status": "inactive", "consent_date": "2026-11-01 10:00:00"}}, Risk.CONSENT),
        ({"base": {"status": "inactive", "subscription_method": "form"}}, Risk.CONSENT),
        ({"base": {"status": "inactive", "double_optin": "yes"}}, Risk.CONSENT),
        ({"base": {"status": "inactive", "subscription_method": ""}}, Risk.WRITE),
        ({"base": ["status", "inactive"]}, Risk.CONSENT),
        ({"base": "inactive"}, Risk.CONSENT),
        ({}, Risk.CONSENT),
        (None, Risk.CONSENT),
        ([{"base": {"status": "inactive"}}], Risk.DESTROY),
    ],
)
def test_a_new_contact_is_active_unless_it_plainly_says_otherwise(body: JsonValue, expected: Risk) -> None:
    assert risk("egoi", "createContact", body) is expected


CHANGES: list[tuple[JsonValue, Risk]] = [
    ({"base": {"first_name": "Ana"}}, Risk.WRITE),
    ({"base": {"status": "active"}}, Risk.CONSENT),
    ({"base": {"STATUS": "active"}}, Risk.CONSENT),
    ({"status": "active"}, Risk.CONSENT),
    ({"base": {"status": "inactive"}}, Risk.DESTROY),
    ({"base": {"status": "removed"}}, Risk.DESTROY),
    ({"base": {"status": "unconfirmed"}}, Risk.DESTROY),
    ({"base": {"status": None}}, Risk.DESTROY),
    ({"base": {"status": ["active"]}}, Risk.DESTROY),
    ({"base": [{"Status": "removed"}]}, Risk.DESTROY),
    ({"base": {"consent": "consent"}}, Risk.CONSENT),
    ({"base": {"consent": "legitimate_interest"}}, Risk.CONSENT),
    ({"base": {"consent": "any"}}, Risk.CONSENT),
    ({"base": {"consent": "withdrawn"}}, Risk.DESTROY),
    ({"base": {"consent": "none"}}, Risk.DESTROY),
    ({"base": {"consent": "unheard-of"}}, Risk.DESTROY),
    ({"base": {"consent": {}}}, Risk.DESTROY),
    ({"base": {"email_status": "active"}}, Risk.CONSENT),
    ({"base": {"cellphoneStatus": "active"}}, Risk.CONSENT),
    ({"base": {"phone_status": "inactive"}}, Risk.DESTROY),
    ({"base": {}, "extra": [{"field_id": 2, "value": "351-900000001", "status": "active"}]}, Risk.CONSENT),
    ({"base": {}, "extra": [{"field_id": 2, "status": "inactive"}]}, Risk.DESTROY),
    ({"base": {"push_token_android": [{"app_id": "a", "token": "b"}]}}, Risk.CONSENT),
    ({"base": {"push_token_android": []}}, Risk.WRITE),
    ({"base": {"ｓｔａｔｕｓ": "removed"}}, Risk.DESTROY),
    ({"base": {"ｓｔａｔｕｓ": "active"}}, Risk.CONSENT),
    ({"base": {"státus": "active"}}, Risk.CONSENT),
    ({"base": {"st\u0430tus": "active"}}, Risk.DESTROY),  # a Cyrillic a
    ({"base": {"push_status": "active"}}, Risk.CONSENT),
    ({"base": {"consent_date": "2026-11-01 10:00:00"}}, Risk.CONSENT),
    ({"base": {"subscription_form": 4}}, Risk.CONSENT),
    ({"base": {"opt_in": "yes"}}, Risk.CONSENT),
    ({"base": {"unsubscription_reason": "spam"}}, Risk.DESTROY),
    ({"base": {"unsubscription_date": ""}}, Risk.WRITE),
    ({"base": {"opt_out": "yes"}}, Risk.DESTROY),
    ({"base": {"status": "active", "email_status": "inactive"}}, Risk.DESTROY),
]


@pytest.mark.parametrize(("body", "expected"), CHANGES)
@pytest.mark.parametrize("name", ["patchContact", "updateContactByField"])
def test_a_change_of_a_contact_raises_towards_both_sides(name: str, body: JsonValue, expected: Risk) -> None:
    assert risk("egoi", name, body) is expected


@pytest.mark.parametrize(("body", "expected"), CHANGES)
def test_the_same_change_of_named_contacts_at_once_is_the_samerisk(body: JsonValue, expected: Risk) -> None:
    assert isinstance(body, Mapping)
    assert (
        risk("egoi", "actionUpdateContacts", {"type": "contacts", "contacts": [ONE, TWO], **body}) is expected
    )


@pytest.mark.parametrize(
    "selector",
    [
        {"type": "all"},
        {"type": "segment", "segment_id": "9"},
        {"type": "contacts"},
        {"type": "contacts", "contacts": []},
        {"type": "contacts", "contacts": ONE},
        {"type": "all", "contacts": [ONE]},
        {"type": "contacts", "contacts": [ONE], "segment_id": "9"},
        {"type": "contacts", "contacts": [ONE], "SegmentId": "9"},
        {"type": "contacts", "contacts": [ONE], "Contacts": [TWO]},
        {"type": "contacts", "contacts": [ONE], "Type": "all"},
        {"contacts": [ONE]},
        {"Type": "contacts", "contacts": [ONE]},
        {},
    ],
)
def test_changing_an_unnamed_audience_is_destruction(selector: Mapping[str, JsonValue]) -> None:
    body = {**selector, "base": {"last_name": "X"}}
    assert risk("egoi", "actionUpdateContacts", body) is Risk.DESTROY
    assert affected(Request(operation=operation("egoi", "actionUpdateContacts"), body=body)) in {None, 0, 1}
    assert risk("egoi", "actionActivateContacts", selector) is Risk.DESTROY


def test_activating_named_contacts_is_consent() -> None:
    assert (
        risk("egoi", "actionActivateContacts", {"type": "contacts", "contacts": [ONE, TWO]}) is Risk.CONSENT
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"tag_id": 1, "contacts": [ONE]}, Risk.WRITE),
        ({"tag_id": 1, "contacts": [ONE, TWO]}, Risk.DESTROY),
        ({"tag_id": 1, "contacts": []}, Risk.DESTROY),
        ({"tag_id": 1, "contacts": ONE}, Risk.DESTROY),
        ({"tag_id": 1, "contacts": {"0": ONE}}, Risk.DESTROY),
        ({"tag_id": 1, "contacts": [f"{ONE},{TWO}"]}, Risk.DESTROY),
        ({"tag_id": 1, "contacts": [[ONE, TWO]]}, Risk.DESTROY),
        ({"tag_id": 1, "segment_id": "9"}, Risk.DESTROY),
        ({"tag_id": 1, "segment_id": "9", "contacts": [ONE]}, Risk.DESTROY),
        ({"tag_id": 1, "segmentId": "9", "contacts": [ONE]}, Risk.DESTROY),
        ({"tag_id": 1, "field_id": "last_name", "contacts": ["Silva"]}, Risk.DESTROY),
        ({"tag_id": 1, "field_id": "uid", "contacts": [ONE]}, Risk.DESTROY),
        ({"tag_id": 1}, Risk.DESTROY),
        ([{"tag_id": 1, "contacts": [ONE]}], Risk.DESTROY),
        (None, Risk.DESTROY),
    ],
)
def test_a_tag_comes_off_one_contact_and_no_more(body: JsonValue, expected: Risk) -> None:
    assert risk("egoi", "actionDetachTag", body) is expected


_IMPORT: Mapping[str, JsonValue] = {"mode": "add", "compare_field": "email", "contacts": [{}, {}]}


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        ({}, Risk.CONSENT),
        ({"force_empty": False}, Risk.CONSENT),
        ({"force_empty": True}, Risk.DESTROY),
        ({"forceEmpty": "true"}, Risk.DESTROY),
        ({"force_empty": None}, Risk.DESTROY),
        ({"notify": []}, Risk.CONSENT),
        ({"notify": [3]}, Risk.DISCLOSE),
        ({"callback_url": "https://hooks.example.com"}, Risk.DISCLOSE),
        ({"callback_url": ""}, Risk.CONSENT),
        ({"callbackURL": "https://hooks.example.com"}, Risk.DISCLOSE),
        ({"callback_url": "https://hooks.example.com", "force_empty": True}, Risk.DESTROY),
        ({"contacts": [{"base": {"status": "active"}}, {}]}, Risk.CONSENT),
        ({"contacts": [{"base": {"status": "active"}}, {"base": {"status": "removed"}}]}, Risk.DESTROY),
        ({"file": {"url": "https://example.com/a.csv", "field_mapping": []}}, Risk.DISCLOSE),
        ({"contacts": [{"base": {"status": "unconfirmed"}}, {}]}, Risk.DESTROY),
        ({"contacts": [{"base": {"unsubscription_method": "api"}}, {}]}, Risk.DESTROY),
        ({"contacts": [{"base": {"subscription_method": "imported"}}, {}]}, Risk.CONSENT),
        ({"file": {"field_mapping": [{"column_name": "s", "field_id": "status"}]}}, Risk.DESTROY),
        ({"file": {"field_mapping": [{"column_name": "e", "field_id": "email"}]}}, Risk.CONSENT),
        (
            {"file": {"field_mapping": [{"column_name": "u", "field_id": "unsubscription_date"}]}},
            Risk.DESTROY,
        ),
        ({"file": {"field_mapping": [{"column_name": "c", "field_id": "ＣＯＮＳＥＮＴ"}]}}, Risk.DESTROY),
        ({"file": {"field_mapping": [{"column_name": "c", "field_id": "c\u043ensent"}]}}, Risk.DESTROY),
    ],
)
def test_an_import_discloses_or_destroys_when_it_says_so(
    added: Mapping[str, JsonValue], expected: Risk
) -> None:
    assert risk("egoi", "actionImportBulk", {**_IMPORT, **added}) is expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"products": []}, Risk.WRITE),
        ({"products": [], "mode": "update"}, Risk.WRITE),
        ({"products": [], "mode": "add"}, Risk.WRITE),
        ({"products": [], "mode": "rewrite"}, Risk.DESTROY),
        ({"products": [], "Mode": "rewrite"}, Risk.DESTROY),
        ({"products": [], "mode": ["rewrite"]}, Risk.DESTROY),
    ],
)
def test_products_that_replace_a_catalog_destroy_it(body: JsonValue, expected: Risk) -> None:
    assert risk("egoi", "ImportProducts", body) is expected


@pytest.mark.parametrize("name", ["actionSendSms", "actionSendEmail"])
def test_a_send_stays_a_send_whom_it_notifies(name: str) -> None:
    body: JsonValue = {"list_id": 1, "segments": {"type": "none"}, "notify": [3]}
    assert risk("egoi", name, body) is Risk.SEND


def test_a_report_may_ask_for_columns_about_unsubscribing() -> None:
    columns: JsonValue = {"list_stats_fields": {"unsubscription_date": True, "subscription_method": True}}
    assert risk("egoi", "generateUnsubscriptionsReport", {"columns": columns}) is Risk.DISCLOSE


def test_a_mail_may_leave_out_the_link_to_unsubscribe_and_is_still_a_draft() -> None:
    body: JsonValue = {"header_footer": {"footer_links": {"unsubscribe": False}}}
    assert risk("egoi", "createEmailCampaign", body) is Risk.WRITE


def test_a_cart_that_removes_its_contact_is_more_than_a_send() -> None:
    assert risk("egoi", "createCart", {"contact": {"base": {"status": "removed"}}}) is Risk.DESTROY
    assert risk("egoi", "CreateOrder", {"order_status": "canceled", "contact": {"base": {}}}) is Risk.SEND


# -- TxtSync -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("allow", "expected"),
    [
        ({}, Risk.WRITE),
        ({"AllowSMS": True}, Risk.CONSENT),
        ({"AllowSMS": False}, Risk.DESTROY),
        ({"allow_sms": True}, Risk.CONSENT),
        ({"ALLOWSMS": False}, Risk.DESTROY),
        ({"AllowSMS": "true"}, Risk.DESTROY),
        ({"AllowSMS": None}, Risk.DESTROY),
        ({"AllowSMS": 1}, Risk.DESTROY),
        ({"AllowSMS": True, "allowSms": False}, Risk.DESTROY),
    ],
)
@pytest.mark.parametrize("name", ["UpdateContact", "UpdateContactByExternalReference"])
def test_allowing_messages_is_consent_and_forbidding_them_silences(
    name: str, allow: Mapping[str, JsonValue], expected: Risk
) -> None:
    assert risk("txtsync", name, {"FirstName": "Rui", **allow}) is expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"MobileNumber": "+351900000001"}, Risk.CONSENT),
        ({"MobileNumber": "+351900000001", "AllowSMS": True}, Risk.CONSENT),
        ({"MobileNumber": "+351900000001", "AllowSMS": False}, Risk.WRITE),
        ({"MobileNumber": "+351900000001", "allowSMS": False}, Risk.CONSENT),
        ({"MobileNumber": "+351900000001", "AllowSMS": False, "allowsms": True}, Risk.CONSENT),
        ({"MobileNumber": "+351900000001", "AllowSMS": 0}, Risk.CONSENT),
        ([], Risk.DESTROY),
    ],
)
def test_a_new_txtsync_contact_may_be_written_to_unless_it_says_not(body: JsonValue, expected: Risk) -> None:
    assert risk("txtsync", "AddContact", body) is expected


# -- Intercom ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "new", "change"),
    [
        ({}, Risk.CONSENT, Risk.WRITE),
        ({"name": "Ana"}, Risk.CONSENT, Risk.WRITE),
        ({"unsubscribed_from_emails": False}, Risk.CONSENT, Risk.CONSENT),
        ({"unsubscribed_from_emails": True}, Risk.WRITE, Risk.DESTROY),
        ({"unsubscribed_from_emails": None}, Risk.CONSENT, Risk.DESTROY),
        ({"unsubscribed_from_emails": "true"}, Risk.CONSENT, Risk.DESTROY),
        ({"unsubscribed_from_emails": 1}, Risk.CONSENT, Risk.DESTROY),
        ({"unsubscribedFromEmails": True}, Risk.CONSENT, Risk.DESTROY),
        ({"unsubscribedFromEmails": False}, Risk.CONSENT, Risk.CONSENT),
        ({"user": {"unsubscribed_from_emails": True}}, Risk.CONSENT, Risk.DESTROY),
        ({"unsubscribed_from_emails": True, "Unsubscribed": False}, Risk.CONSENT, Risk.DESTROY),
        ({"unsubscribed_from_emails": True, "unsubscribed_from_sms": True}, Risk.WRITE, Risk.DESTROY),
        ([], Risk.DESTROY, Risk.DESTROY),
    ],
)
def test_at_intercom_it_is_said_the_other_way_round(body: JsonValue, new: Risk, change: Risk) -> None:
    assert risk("intercom", "CreateContact", body) is new
    assert risk("intercom", "UpdateContact", body) is change
    assert risk("intercom", "updateVisitor", body) is change


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"id": "7", "consent_type": "opt_in"}, Risk.CONSENT),
        ({"id": "7", "consent_type": "opt_out"}, Risk.DESTROY),
        ({"id": "7", "consent_type": "Opt_In"}, Risk.DESTROY),
        ({"id": "7", "consentType": "opt_in"}, Risk.DESTROY),
        ({"id": "7", "consent_type": "opt_in", "Consent-Type": "opt_out"}, Risk.DESTROY),
        ({"id": "7"}, Risk.DESTROY),
        (None, Risk.DESTROY),
    ],
)
def test_a_subscription_type_may_be_one_to_opt_out_of(body: JsonValue, expected: Risk) -> None:
    assert risk("intercom", "attachSubscriptionTypeToContact", body) is expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": "vip"}, Risk.WRITE),
        ({"name": "vip", "users": [{"id": "1"}, {"id": "2"}]}, Risk.WRITE),
        ({"name": "vip", "companies": [{"id": "1", "untag": False}]}, Risk.WRITE),
        ({"name": "vip", "companies": [{"id": "1", "untag": True}]}, Risk.DESTROY),
        ({"name": "vip", "companies": [{"id": "1", "Untag": "yes"}]}, Risk.DESTROY),
    ],
)
def test_making_a_tag_at_intercom_may_take_it_off_as_well(body: JsonValue, expected: Risk) -> None:
    assert risk("intercom", "createTag", body) is expected


def test_archiving_is_destruction_and_bringing_back_is_consent() -> None:
    assert risk("intercom", "updateDataAttribute", {"archived": True}) is Risk.DESTROY
    assert risk("intercom", "updateDataAttribute", {"archived": False}) is Risk.WRITE
    assert risk("intercom", "ArchiveContact") is Risk.DESTROY
    assert risk("intercom", "UnarchiveContact") is Risk.CONSENT
