"""What the vendors' error bodies say, and how it is told."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from egoi_mcp.api import catalog, egoi, intercom, txtsync
from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.api.replies import (
    LONGEST_DETAIL,
    Content,
    UnreadableReply,
    VendorError,
    decode,
    error_for,
    flatten,
    given_values,
    quotable,
    quotable_error,
)
from egoi_mcp.api.retry import Failure, Lost
from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import (
    ApiError,
    AuthenticationFailed,
    Conflict,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    SettingsError,
    Unreachable,
    VendorFailed,
)
from egoi_mcp.settings import Connection

json_values: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


# -- reading the bodies --------------------------------------------------------------------------


def test_the_field_that_egoi_refused_is_named() -> None:
    body: JsonValue = {
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "The request could not be processed",
        "errors": {"base": {"email": {"isEmpty": "is required"}}, "tags": ["must be numbers", "is too long"]},
    }
    assert egoi.read_error(body) == VendorError(
        None, "base.email.isEmpty: is required; tags: must be numbers; tags: is too long"
    )


def test_a_business_rule_of_egoi_is_the_code() -> None:
    body: JsonValue = {"title": "Conflict", "errors": {"list_limit_reached": "No more lists"}}
    assert egoi.read_error(body) == VendorError("list_limit_reached", "list_limit_reached: No more lists")


def test_egois_detail_speaks_where_no_field_is_named() -> None:
    assert egoi.read_error({"title": "Not Found", "detail": "No such list"}).detail == "No such list"
    assert egoi.read_error({"title": "Not Found"}).detail == "Not Found"


def test_every_message_of_an_intercom_error_list_is_kept_with_its_field() -> None:
    body: JsonValue = {
        "type": "error.list",
        "request_id": "b1",
        "errors": [
            {"code": "parameter_invalid", "message": "is not an address", "field": "email"},
            {"code": "not_found", "message": None},
        ],
    }
    assert intercom.read_error(body) == VendorError(
        "parameter_invalid", "email: is not an address; not_found"
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"Message": "Bad sender"}, VendorError(None, "Bad sender")),
        ({"error": "denied", "code": "E7"}, VendorError("E7", "denied")),
        (
            {"Message": "Invalid", "ModelState": {"To": ["is required"]}},
            VendorError(None, "Invalid; To: is required"),
        ),
        ("Bad sender", VendorError(None, "Bad sender")),
        ([], VendorError()),
    ],
)
def test_the_usual_forms_of_an_error_are_tried_for_txtsync(body: JsonValue, said: VendorError) -> None:
    assert txtsync.read_error(body) == said


@given(json_values)
def test_no_error_body_is_too_odd_to_read(body: JsonValue) -> None:
    for read in (egoi.read_error, txtsync.read_error, intercom.read_error):
        said = read(body)
        assert said.code is None or isinstance(said.code, str)
        assert isinstance(said.detail, str)


@given(json_values)
def test_an_account_is_an_id_or_nothing(body: JsonValue) -> None:
    for read in (egoi.account_id, intercom.account_id):
        assert read(body) is None or read(body)


def test_the_account_is_found_in_the_vendors_reply() -> None:
    assert egoi.account_id({"general_info": {"client_id": "4711"}}) == "4711"
    assert intercom.account_id({"app": {"id_code": "abc123"}}) == "abc123"
    assert intercom.account_id({"app": None}) is None


def test_txtsync_accounts_are_told_apart_without_showing_the_key() -> None:
    def account(key: str) -> str:
        return txtsync.account_id(
            Connection(name="t", provider="txtsync", origins={}, client_key=SecretStr(key))
        )

    assert account("client-one") != account("client-two")
    assert account("client-one") == account("client-one")
    assert "client" not in account("client-one")


def test_nesting_is_told_as_a_path() -> None:
    assert list(flatten({"a": [{"b": "x"}, "y"], "c": None, "d": 3})) == ["a.b: x", "a: y", "d: 3"]


# -- signing in ----------------------------------------------------------------------------------


def test_txtsync_sends_carry_their_extra_header_and_nothing_else_does() -> None:
    marked = {entry.name for entry in catalog.operations("txtsync") if txtsync.TXTSYNC.headers(entry)}
    assert marked == {"SendSMS", "SendBulkSMS"}


@pytest.mark.parametrize("key", ["", "clé", "line\nbreak"])
def test_a_key_that_no_header_can_hold_is_refused_without_being_repeated(key: str) -> None:
    connection = Connection(name="egoi", provider="egoi", origins={}, api_key=SecretStr(key))
    with pytest.raises(SettingsError, match="EGOI_API_KEY") as caught:
        egoi.V3.sign_in(connection)
    assert not key or key not in str(caught.value)


# -- reading a reply -----------------------------------------------------------------------------


@given(json_values)
def test_json_is_read_whatever_it_is_called(value: JsonValue) -> None:
    assert decode(json.dumps(value).encode(), "text/html") == value


def test_an_empty_body_is_nothing() -> None:
    assert decode(b"", "application/json") is None
    assert decode(b" \r\n", "") is None


def test_plain_text_is_a_text() -> None:
    assert decode("Enfileirado às 10".encode(), "text/plain; charset=utf-8") == "Enfileirado às 10"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<html>Sign in to the network</html>", "text/html"),
        (b" <html>Sign in to the network</html>", "text/plain"),
        (b'{"cut": "of', "application/json"),
        (b' [{"cut": "of', "text/plain"),
        (b'{"number": NaN}', "application/json"),
        (b"\xff\xfe\xff", "text/plain"),
        (b"[" * 200_000, "application/json"),
        (b"1" * 10_000, "application/json"),
        (b"cut off", "application/problem+json"),
        (b"a page without tags", "text/html; charset=utf-8"),
        (b"a page without tags", "application/xhtml+xml"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><a/>", "application/octet-stream"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b"<html>Sign in to the network</html>", "text/csv"),
        (b" [{'cut': 'of", "application/octet-stream"),
        (b"alert(1)", "text/javascript"),
        (b"a=1&b=2", "application/x-www-form-urlencoded"),
        (b"--part", "multipart/form-data; boundary=part"),
        (b"a,b\n", ""),
        (b"a,b\n", "csv"),
        (b"a,b\n", "text/csv\x00/x"),
    ],
)
def test_what_is_neither_json_nor_text_nor_a_file_is_unreadable(body: bytes, content_type: str) -> None:
    with pytest.raises(UnreadableReply):
        decode(body, content_type)


@pytest.mark.parametrize(
    ("body", "content_type", "media_type"),
    [
        (b"a,b\n1,2\n", "text/csv; charset=utf-8", "text/csv"),
        ("a;b\né;2\n".encode("latin-1"), "Text/CSV", "text/csv"),
        (b"%PDF-1.7 \xff", "application/pdf", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png", "image/png"),
        (b"PK\x03\x04", "application/zip", "application/zip"),
        (
            b"PK\x03\x04",
            "application/vnd.ms-excel.sheet.macroEnabled.12",
            "application/vnd.ms-excel.sheet.macroenabled.12",
        ),
        (b"\x00\x01", "application/octet-stream", "application/octet-stream"),
        (b"{\\rtf1 words}", "text/rtf", "text/rtf"),
        (b"BEGIN:VCALENDAR", "text/calendar", "text/calendar"),
    ],
)
def test_what_is_called_a_file_is_one(body: bytes, content_type: str, media_type: str) -> None:
    assert decode(body, content_type) == Content(media_type, body)


@given(st.binary(), st.sampled_from(["text/csv", "application/pdf", "text/plain", "", "text/html", "a/b"]))
def test_no_body_is_too_odd_to_read_or_to_refuse(body: bytes, content_type: str) -> None:
    try:
        read = decode(body, content_type)
    except UnreadableReply:
        return
    assert not isinstance(read, Content) or (read.raw == body and read.media_type == content_type)


# -- making a vendor's words fit to show ---------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "no contact ana@example.com here",
        "no contact ana+news@mail.example.com.",
        "no contact <ana@example.com>",
        "no contact ana%40example.com",
        "no contact ana\uff20example.com",  # full-width
        "no contact a\u200bna@example.com",  # with a zero-width space
        "no contact ana&#64;example.com",
    ],
)
def test_an_email_address_is_taken_out(text: str) -> None:
    shown = quotable(text)
    assert "example.com" not in shown
    assert "[e-mail]" in shown
    assert "no contact" in shown


@pytest.mark.parametrize(
    "text",
    [
        "number 351-900000012 refused",
        "number +351900000012 refused",
        "number 00351 900 000 012 refused",
        "number (351) 900.000.012 refused",
        "number 900\u2013000\u2013012 refused",
        "number ９００００００１２ refused",  # full-width digits
        "number 900\u200b000\u200b012 refused",
    ],
)
def test_a_phone_number_is_taken_out(text: str) -> None:
    assert quotable(text) == "number [number] refused"


def test_short_numbers_and_field_names_stay() -> None:
    text = "extra_17: must be between 1 and 1000; first_name: is required"
    assert quotable(text) == text


def test_a_key_is_taken_out_even_inside_a_word() -> None:
    assert quotable("token=abcKEY-1xyz", secrets=["", "KEY-1"]) == "token=abc[key]xyz"


def test_what_the_request_said_is_taken_out_as_a_whole_word_only() -> None:
    shown = quotable("The name 'ANA' is taken; banana is not", given=["Ana", "x", ""])
    assert shown == "The name '[given value]' is taken; banana is not"


def test_control_characters_and_direction_overrides_are_taken_out() -> None:
    assert quotable("a\x00b\x1b[31m\u202ec\u2066d\r\n\te\u2028f") == "a b [31mcd e f"


def test_a_long_text_is_cut() -> None:
    assert len(quotable("word " * 10_000)) <= LONGEST_DETAIL


@given(st.text(), st.lists(st.text(min_size=2), max_size=3), st.lists(st.text(), max_size=3))
def test_no_text_breaks_the_quoting(text: str, given_texts: list[str], secrets: list[str]) -> None:
    shown = quotable(text, secrets=secrets, given=given_texts)
    assert len(shown) <= LONGEST_DETAIL
    assert shown.isprintable() or not shown
    assert '"' not in shown


@given(
    st.text(alphabet="abc de", max_size=40),
    st.from_regex(r"\+?[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3,9}", fullmatch=True),
    st.text(alphabet="abc de", max_size=40),
)
def test_no_phone_number_survives(before: str, number: str, after: str) -> None:
    shown = quotable(f"{before} {number} {after}")
    digits = "".join(character for character in shown if character.isdigit())
    assert len(digits) < 6


def test_the_values_of_a_request_are_all_found() -> None:
    entry = catalog.operation("egoi", "createContact")
    request = catalog.Request(
        operation=entry,
        path={"list_id": 12},
        body={"base": {"first_name": "Ana", "status": "active"}, "extra": [{"value": "Lisboa"}, None, 3]},
    )
    assert list(given_values(request)) == ["12", "Ana", "active", "Lisboa"]


@pytest.mark.parametrize("code", ["parameter_invalid", "E-7", "a.b:c"])
def test_a_code_is_kept(code: str) -> None:
    assert quotable_error(VendorError(code), secrets=[], given=[]).code == code


@pytest.mark.parametrize(
    "code", ["ana@example.com", "c351900000012", "two words", "", "x" * 65, "tokenKEY-1"]
)
def test_what_is_no_code_is_dropped(code: str) -> None:
    assert quotable_error(VendorError(code), secrets=["KEY-1"], given=[]).code is None


def test_what_a_vendor_said_does_not_show_in_a_repr() -> None:
    assert repr(VendorError("a_code", "ana@example.com")) == "VendorError()"


# -- the errors ----------------------------------------------------------------------------------


def tell(
    failure: Failure,
    *,
    risk: Risk = Risk.WRITE,
    unknown: bool = False,
    detail: str = "",
    wait_seconds: float | None = None,
) -> ApiError:
    return error_for(
        failure,
        vendor="E-goi",
        operation="createContact",
        risk=risk,
        unknown=unknown,
        said=VendorError("a_code", detail),
        wait_seconds=wait_seconds,
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, AuthenticationFailed),
        (402, Rejected),
        (403, AuthenticationFailed),
        (404, NotFound),
        (409, Conflict),
        (413, Rejected),
        (418, Rejected),
        (422, Rejected),
        (429, RateLimited),
    ],
)
def test_every_refusal_has_its_error(status: int, kind: type[ApiError]) -> None:
    error = tell(Failure(status=status))
    assert type(error) is kind
    assert (error.operation, error.status, error.code) == ("createContact", status, "a_code")
    assert str(status) in str(error)


def test_a_refused_key_is_told_with_the_next_step() -> None:
    assert str(tell(Failure(status=401))) == (
        "E-goi refused the key (401). Nothing was sent. Run 'egoi-mcp doctor'."
    )


def test_a_refused_change_says_that_nothing_was_changed_and_quotes_the_vendor() -> None:
    assert str(tell(Failure(status=422), detail="base.email: is required")) == (
        'E-goi refused createContact (422): "base.email: is required". Nothing was changed. '
        "Correct the arguments and ask again."
    )


def test_a_refused_look_does_not_speak_of_changes() -> None:
    assert "changed" not in str(tell(Failure(status=404), risk=Risk.READ))


def test_a_rate_limit_says_how_long_to_wait() -> None:
    error = tell(Failure(status=429), wait_seconds=41.2)
    assert error.retry_after_seconds == 41.2
    assert "createContact was not carried out. Try again in 42 s." in str(error)


def test_an_unreachable_vendor_says_that_nothing_was_sent() -> None:
    failure = Failure(lost=Lost.UNREACHABLE, written=False, reason="the connection was refused")
    error = tell(failure)
    assert type(error) is Unreachable
    assert str(error).startswith("E-goi could not be reached (the connection was refused). Nothing was sent.")


@pytest.mark.parametrize(
    "failure",
    [
        Failure(lost=Lost.TIMED_OUT),
        Failure(status=503),
        Failure(status=408),
        Failure(status=200, lost=Lost.UNREADABLE),
    ],
)
def test_a_lost_reply_to_a_look_says_that_nothing_was_changed(failure: Failure) -> None:
    error = tell(failure, risk=Risk.READ)
    assert type(error) is VendorFailed
    assert "createContact only reads, so nothing was changed." in str(error)


@pytest.mark.parametrize(
    "failure",
    [
        Failure(lost=Lost.TIMED_OUT),
        Failure(status=503),
        Failure(status=408),
        Failure(status=200, lost=Lost.UNREADABLE),
    ],
)
def test_a_lost_reply_to_a_change_says_that_it_may_have_happened(failure: Failure) -> None:
    error = tell(failure, unknown=True)
    assert type(error) is OutcomeUnknown
    assert "may or may not have taken effect, and is not sent again by itself" in str(error)
    assert "nothing was changed" not in str(error).lower()
    assert "nothing was sent" not in str(error).lower()


def test_braces_in_a_vendors_words_are_only_text() -> None:
    assert "{vendor} {0}" in str(tell(Failure(status=422), detail="{vendor} {0}"))
