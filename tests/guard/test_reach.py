"""What requests say of whom and what they touch, whichever tool made them, and what they leave open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egoi_mcp.api.catalog import APIS, Api, JsonValue, Request, operation, operations
from egoi_mcp.api.risk import Risk, risk_of
from egoi_mcp.guard.reach import Reach, reach_of
from egoi_mcp.guard.reading import EVERYTHING, host_of, links_in

ANA, RUI = "+351900000001", "+34600000001"
SMS: Mapping[str, JsonValue] = {"to": "351-900000001", "from": "12", "textBody": "Hello"}


def request(
    api: Api, name: str, body: JsonValue = None, *, path: Mapping[str, str | int] | None = None
) -> Request:
    return Request(operation=operation(api, name), path=path or {}, body=body)


def reach(api: Api, name: str, body: JsonValue = None, **path: str | int) -> Reach:
    return reach_of([request(api, name, body, path=path)])


def sms(*messages: Mapping[str, JsonValue]) -> Reach:
    return reach("transactional", "sendSmsMessages", [dict(SMS) | dict(each) for each in messages])


# -- single messages --------------------------------------------------------------------------------------


def test_an_sms_says_to_whom_from_whom_and_what() -> None:
    assert sms({}) == Reach(
        senders=("12",),
        recipients=(ANA,),
        segments=(("PT", 1),),
        texts=("Hello",),
        risks=("send",),
        unknown=("sender_names",),
    )


def test_a_batch_names_each_person_and_text_once_and_counts_every_segment() -> None:
    found = sms({}, {"to": "34-600000001"}, {"to": "351-900000001", "textBody": "x" * 161}, {})

    assert found.recipients == (ANA, RUI)
    assert found.texts == ("Hello", "x" * 161)
    assert found.segments == (("ES", 1), ("PT", 4))


def test_a_text_of_other_letters_takes_more_segments() -> None:
    assert sms({"textBody": "a" * 160}).segments == (("PT", 1),)
    assert sms({"textBody": "ã" * 160}).segments == (("PT", 3),)
    assert sms({"textBody": "a" * 160, "encoding": "unicode"}).segments == (("PT", 3),)
    assert sms({"textBody": "ã" * 160, "encoding": "gsm0338"}).segments == (("PT", 3),)


@pytest.mark.parametrize(
    ("members", "unknown"),
    [
        ({"mergeTags": ["name:Ana"]}, {"texts", "segments"}),
        ({"templateId": "7"}, {"texts", "segments"}),
        ({"textBody": None}, {"texts", "segments"}),
        ({"textBody": "a\x07"}, {"segments", "texts"}),
        ({"textBody": {"x": 1}}, {"segments", "texts"}),
        ({"TextBody": "Other"}, {"texts", "segments"}),
        ({"to": "nobody"}, {"recipients"}),
        ({"to": ""}, {"recipients"}),
        ({"to": None}, {"recipients"}),
        ({"to": {"id": "7"}}, {"recipients"}),
        ({"from": None}, {"senders"}),
        ({"from": {"id": 1}}, {"senders"}),
        ({"from": True}, {"senders"}),
        ({"from": "  "}, {"senders"}),
        ({"from": 1.5}, {"senders"}),
        ({"to": {"phone": "351-900000001"}}, {"recipients"}),
        ({"to": {"email": "ana@example.com", "name": "Ana"}}, {"recipients"}),
        ({"contact_id": "0123456789"}, {"recipients"}),
        ({"scheduleDate": "2030-01-01 10:00:00"}, {"at"}),
    ],
)
def test_what_an_sms_does_not_say_plainly_is_open(
    members: Mapping[str, JsonValue], unknown: set[str]
) -> None:
    assert unknown <= set(sms(members).unknown)
    # Nor does the message beside it say it.
    assert unknown <= set(sms({}, members).unknown)
    assert not unknown & set(sms({}).unknown)


def test_people_are_found_in_any_spelling_and_beside_each_other() -> None:
    found = sms({"To": "34-600000001", "cc": ["ana@example.com"], "BCC": "Rui@Example.com"})

    assert set(found.recipients) == {ANA, RUI, "ana@example.com", "rui@example.com"}


def test_an_email_says_to_whom_and_what_and_costs_no_sms() -> None:
    body = {"senderId": "3", "to": ["Ana@Example.com"], "subject": "Hi", "htmlBody": "<p>Hello</p>"}
    found = reach("transactional", "sendEmailMessages", [body])

    assert found.recipients == ("ana@example.com",)
    assert (found.senders, set(found.texts)) == (("3",), {"Hi", "<p>Hello</p>"})
    assert (found.segments, set(found.unknown)) == ((), {"sender_names"})


@pytest.mark.parametrize(("missing", "unknown"), [("senderId", "senders"), ("to", "recipients")])
def test_an_email_does_not_speak_for_the_one_beside_it(missing: str, unknown: str) -> None:
    body: dict[str, JsonValue] = {"senderId": "3", "to": ["ana@example.com"], "subject": "Hi"}
    less = {name: value for name, value in body.items() if name != missing}

    assert unknown in reach("transactional", "sendEmailMessages", [body, less]).unknown


@pytest.mark.parametrize("address", ["@example.com", "ana@", "a@b@example.com", "*@example.com", "ana"])
def test_what_is_no_single_address_names_nobody(address: str) -> None:
    body = {"senderId": "3", "to": [address], "subject": "Hi"}
    found = reach("transactional", "sendEmailMessages", [body])

    assert found.recipients == ()
    assert "recipients" in found.unknown


# -- TxtSync ----------------------------------------------------------------------------------------------


def test_at_txtsync_the_sender_is_what_people_see() -> None:
    found = reach("txtsync", "SendSMS", {"From": "ACME", "Message": "Hello", "To": ANA})

    assert found == Reach(
        senders=("ACME",), recipients=(ANA,), segments=(("PT", 1),), texts=("Hello",), risks=("send",)
    )


def test_a_tag_stands_for_people_that_only_the_vendor_knows() -> None:
    body: dict[str, JsonValue] = {"From": "ACME", "Message": "Hello", "To": [ANA, RUI]}
    named = reach("txtsync", "SendBulkSMS", body)
    tagged = reach("txtsync", "SendBulkSMS", {**body, "ToTagName": ["vip"]})

    assert (named.segments, named.unknown) == ((("ES", 1), ("PT", 1)), ())
    assert set(tagged.unknown) == {"recipients", "segments"}
    only_tagged: JsonValue = {"From": "ACME", "Message": "Hello", "ToTagName": ["vip"]}
    assert set(reach("txtsync", "SendBulkSMS", only_tagged).unknown) == {"recipients", "segments"}
    assert reach("txtsync", "SendBulkSMS", {**body, "ToTagName": []}) == named


def test_a_contact_named_by_its_id_is_nobody_that_is_known() -> None:
    body: dict[str, JsonValue] = {"MobileNumber": ANA, "AllowSMS": True}

    assert "recipients" not in reach("txtsync", "AddContact", body).unknown
    assert "recipients" in reach("txtsync", "UpdateContact", body, id="7").unknown
    assert "recipients" in reach("txtsync", "UpdateContactByExternalReference", body, id="7").unknown


def test_a_name_of_one_vendors_says_nothing_at_another() -> None:
    """The same words in an operation that another vendor calls alike are not known to mean the same."""
    sends: tuple[tuple[Api, str, JsonValue], ...] = (
        ("transactional", "sendSmsMessages", [dict(SMS)]),
        ("txtsync", "SendSMS", {"From": "ACME", "Message": "Hello", "To": ANA}),
    )
    for api, name, body in sends:
        own = operation(api, name)
        assert reach_of([Request(operation=own, body=body)]).segments == (("PT", 1),)
        theirs = reach_of([Request(operation=replace(own, api="intercom"), body=body)])
        assert theirs.segments == ()
        assert {"senders", "recipients", "texts", "segments"} <= set(theirs.unknown)


def test_a_new_intercom_contact_is_named_and_one_that_is_changed_is_not() -> None:
    body: dict[str, JsonValue] = {"email": "Ana@example.com", "phone": ANA, "unsubscribed_from_emails": False}
    new = reach("intercom", "CreateContact", body)
    changed = reach("intercom", "UpdateContact", body, contact_id="63a1")

    assert (set(new.recipients), new.unknown, new.risks) == (
        {"ana@example.com", ANA},
        (),
        ("write", "consent"),
    )
    assert "recipients" in changed.unknown
    assert "recipients" in reach("intercom", "UnarchiveContact", contact_id="63a1").unknown


# -- campaigns --------------------------------------------------------------------------------------------


def campaign(segments: JsonValue, more: Mapping[str, JsonValue] | None = None) -> Reach:
    body = {"list_id": 3, "segments": segments, **(more or {})}
    return reach("egoi", "actionSendSms", body, campaign_hash="abc")


@pytest.mark.parametrize(
    "segments",
    [{"type": "none"}, {"type": "segment", "data": ["7"]}, {"type": "all"}, {}, None, "contact", []],
)
def test_a_campaign_to_many_names_its_list_and_nothing_else(segments: JsonValue) -> None:
    found = campaign(segments)

    assert (found.lists, found.recipients, found.segments) == ((3,), (), ())
    assert set(found.unknown) == {"senders", "sender_names", "recipients", "segments", "texts"}


def test_a_campaign_to_one_contact_names_who_it_is() -> None:
    by_sms = campaign({"type": "contact", "data": "351-900000001"})
    to_mail: JsonValue = {"list_id": 3, "segments": {"type": "contact", "data": "ana@example.com"}}
    by_mail = reach("egoi", "actionSendEmail", to_mail, campaign_hash="abc")

    assert by_sms.recipients == (ANA,)
    assert by_mail.recipients == ("ana@example.com",)
    assert {"recipients"} & {*by_sms.unknown, *by_mail.unknown} == set()
    assert "segments" in by_sms.unknown
    assert "segments" not in by_mail.unknown


@pytest.mark.parametrize(
    "more",
    [
        {"Segments": {"type": "none"}},
        {"contacts": ["0123456789"]},
        {"segment_id": "7"},
        {"to": "nobody"},
    ],
)
def test_a_second_word_on_whom_it_reaches_leaves_that_open(more: Mapping[str, JsonValue]) -> None:
    assert "recipients" in campaign({"type": "contact", "data": "351-900000001"}, more).unknown


def test_a_scheduled_campaign_goes_at_a_time_that_has_to_be_looked_up() -> None:
    assert "at" in campaign({"type": "none"}, {"schedule_date": "2030-01-01 10:00:00"}).unknown
    assert "at" not in campaign({"type": "none"}, {"schedule_date": None}).unknown


@pytest.mark.parametrize(
    ("name", "body", "path"),
    [
        ("actionApproveOperation", {"operations": [1]}, {}),
        ("actionStartAutomation", {"automation_id": 1, "contacts": ["0123456789"]}, {"list_id": 3}),
        ("actionEnableEmailRss", None, {"campaign_hash": "abc"}),
        ("actionSendPush", {"app_id": "a", "segments": {"type": "none"}}, {"campaign_hash": "abc"}),
    ],
)
def test_members_that_the_vendor_does_not_read_answer_nothing(
    name: str, body: Any, path: Mapping[str, str | int]
) -> None:
    """Else a call could say that it goes to a seed, from a known sender, with a known text."""
    pretended: dict[str, JsonValue] = {
        "to": ANA,
        "email": "ana@example.com",
        "sender_id": 12,
        "message": "Hello",
        "list_id": 3,
        "segments": {"type": "contact", "data": "351-900000001"},
    }
    found = reach("egoi", name, None if body is None else {**pretended, **body}, **path)

    assert {"senders", "sender_names", "recipients", "texts"} <= set(found.unknown)
    assert ("lists" in found.unknown) is ("list_id" not in path)


@pytest.mark.parametrize("name", ["actionEnableEmailRss", "actionStartAutomation", "createCart"])
def test_what_goes_out_by_itself_goes_at_a_time_that_nobody_knows(name: str) -> None:
    path: dict[str, dict[str, str | int]] = {
        "actionEnableEmailRss": {"campaign_hash": "abc"},
        "actionStartAutomation": {"list_id": 3},
        "createCart": {"domain": "shop.example"},
    }

    assert "at" in reach("egoi", name, None, **path[name]).unknown


# -- contacts ---------------------------------------------------------------------------------------------


def test_a_new_contact_is_named_by_number_and_address() -> None:
    body: JsonValue = {"base": {"email": "Ana@example.com", "cellphone": "351-900000001", "status": "active"}}
    found = reach("egoi", "createContact", body, list_id=3)

    assert (found.lists, set(found.recipients)) == ((3,), {"ana@example.com", ANA})
    assert (found.risks, found.unknown) == (("write", "consent"), ())


def test_whoever_is_asked_to_confirm_may_be_asked_by_sms_where_there_is_a_number() -> None:
    by_mail: JsonValue = {"base": {"email": "ana@example.com", "status": "unconfirmed"}}
    by_sms: JsonValue = {"base": {"cellphone": "351-900000001", "status": "unconfirmed"}}

    assert "segments" not in reach("egoi", "createContact", by_mail, list_id=3).unknown
    by_both: JsonValue = {
        "base": {"email": "ana@example.com", "cellphone": "351-900000001", "status": "unconfirmed"}
    }
    assert "segments" in reach("egoi", "createContact", by_sms, list_id=3).unknown
    assert "segments" in reach("egoi", "createContact", by_both, list_id=3).unknown


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("actionActivateContacts", {"type": "contacts", "contacts": ["0123456789"]}),
        ("actionActivateContacts", {"type": "all", "email": "ana@example.com"}),
        ("actionImportBulk", {"mode": "add", "file": {"url": "https://files.example.com/x"}}),
        ("actionAttachTag", {"tag_id": 1, "contacts": ["0123456789"]}),
        ("actionAttachTag", {"tag_id": 1, "segment_id": "7"}),
    ],
)
def test_people_that_are_pointed_at_are_open(name: str, body: JsonValue) -> None:
    assert "recipients" in reach("egoi", name, body, list_id=3).unknown


def test_lists_are_found_wherever_they_stand() -> None:
    assert reach("egoi", "actionAttachTag", {"tag_id": 1, "list_id": "4"}, list_id=3).lists == (3, 4)
    report = reach("egoi", "generateSendsReport", {"lists": [3, 7]})
    assert (report.lists, "lists" in report.unknown) == ((3, 7), False)
    assert "lists" in reach("egoi", "generateSendsReport", {"lists": ["all"]}).unknown
    assert "lists" in reach("egoi", "createSuppressionList", {"type": "email", "value": ["x"]}).unknown
    assert reach("egoi", "createTag", {"name": "vip"}).unknown == ()
    disclosing: JsonValue = {"name": "vip", "callback_url": "https://hooks.example.com"}
    assert "lists" in reach("egoi", "createTag", disclosing).unknown
    assert "lists" not in sms({}).unknown


# -- addresses --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://Hooks.Example.com/x?y=1", "hooks.example.com"),
        ("https://hooks.example.com:8443/x", "hooks.example.com"),
        ("https://hooks.example.com.", "hooks.example.com"),
        ("https://user:pass@hooks.example.com", "hooks.example.com"),
        ("https://hooks.example.com@evil.example/x", "evil.example"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("http://hooks.example.com", "http://hooks.example.com"),
        ("ftp://hooks.example.com", "ftp://hooks.example.com"),
        ("hooks.example.com", "?"),
        ("//hooks.example.com", "?"),
        ("https://", "?"),
        ("https:hooks.example.com", "?"),
        (r"https://evil.example\@hooks.example.com", "?"),
        ("https://hooks.example.com /x", "?"),
        ("https://hooks.example.com\n", "?"),
        ("https://[::1", "?"),
        ("https://*.example.com", "?"),
        ("https://ex%61mple.com", "?"),
        ("javascript:alert(1)", "?"),
        ("", "?"),
    ],
)
def test_the_host_of_an_address_is_the_one_that_every_reader_sees(address: str, host: str) -> None:
    assert host_of(address) == host


@pytest.mark.parametrize(
    ("api", "name", "body", "path"),
    [
        ("egoi", "actionExportContacts", {"callback_url": "https://hooks.example.com/x"}, {"list_id": 3}),
        ("egoi", "createWebhook", {"list_id": 3, "url": "https://hooks.example.com/x"}, {}),
        ("egoi", "actionAttachTag", {"x": [{"callbackUrl": "https://hooks.example.com/x"}]}, {"list_id": 3}),
        ("egoi", "actionImportBulk", {"file": {"url": "https://hooks.example.com/x"}}, {"list_id": 3}),
        ("txtsync", "InboundSMS", {"URL": "https://hooks.example.com/x"}, {}),
        ("transactional", "addWebHook", {"callbackUrl": "https://hooks.example.com/x"}, {}),
    ],
)
def test_where_data_leaves_to_is_named_and_makes_it_a_disclosure(
    api: Api, name: str, body: JsonValue, path: Mapping[str, str | int]
) -> None:
    found = reach(api, name, body, **path)

    assert found.hosts == ("hooks.example.com",)
    assert "disclose" in found.risks


def test_a_send_that_calls_back_is_both() -> None:
    found = sms({"callbackUrl": "http://hooks.example.com"})

    assert (found.risks, found.hosts) == (("disclose", "send"), ("http://hooks.example.com",))


@pytest.mark.parametrize("body", [{"list_id": 3}, {"list_id": 3, "url": ""}, {"list_id": 3, "url": None}])
def test_a_webhook_without_an_address_leaves_open_where_data_goes(body: JsonValue) -> None:
    assert "hosts" in reach("egoi", "createWebhook", body).unknown


def test_the_vendors_own_users_are_no_address() -> None:
    assert campaign({"type": "none"}, {"notify": [7, 8]}).hosts == ()
    assert campaign({"type": "none"}, {"notify": ["7"]}).hosts == ()
    assert campaign({"type": "none"}, {"notify": ["ana@example.com"]}).hosts == ("?",)


def test_links_of_a_text_are_read_where_they_are_asked_for() -> None:
    text = "See https://Shop.example/x, short.example/y and HTTP://a@b.example:80 or ana@mail.example"

    assert set(links_in(text)) == {
        "shop.example",
        "short.example",
        "http://b.example",
        "b.example",
        "mail.example",
    }
    assert sms({"textBody": text}).links == ()
    assert links_in("At 13.30, for 3.50. Thanks") == []
    assert links_in("x " * 2000 + "short.example https://shop.example") == ["shop.example"]


# -- any request ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("api", APIS)
def test_every_operation_is_read_and_none_above_writing_passes_as_wholly_known(api: Api) -> None:
    for entry in operations(api):
        path: dict[str, str | int] = {p.name: 1 for p in entry.parameters if p.location == "path"}
        found = reach_of([Request(operation=entry, path=path)])
        if entry.risk is Risk.SEND:
            assert {"senders", "recipients", "texts"} <= set(found.unknown), entry.name
        if entry.risk > Risk.READ:
            assert entry.risk.name.lower() in found.risks


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["", "x", ANA, "ana@example.com", "https://a.example"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["to", "To", "from", "textBody", "segments", "type", "data", "list_id", "url", "message"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(JSON, st.sampled_from(["sendSmsMessages", "sendEmailMessages", "addWebHook"]))
def test_any_body_is_read_without_an_error(body: JsonValue, name: str) -> None:
    one = request("transactional", name, body)
    found = reach_of([one])

    assert set(found.unknown) <= EVERYTHING
    assert risk_of(one).name.lower() in found.risks


@given(JSON, JSON)
def test_two_requests_touch_what_each_of_them_does(one: JsonValue, other: JsonValue) -> None:
    requests = [request("transactional", "sendSmsMessages", body) for body in (one, other)]
    together, apart = reach_of(requests), [reach_of([each]) for each in requests]

    for name in ("senders", "recipients", "hosts", "texts", "risks", "unknown", "lists", "links"):
        assert set(getattr(together, name)) == {each for part in apart for each in getattr(part, name)}
    assert sum(count for _, count in together.segments) == sum(
        count for part in apart for _, count in part.segments
    )


def test_a_body_without_end_is_left_open_altogether() -> None:
    body: JsonValue = {"to": ANA}
    for _ in range(100):
        body = {"x": body}

    assert set(reach("egoi", "actionAttachTag", body, list_id=3).unknown) == EVERYTHING
