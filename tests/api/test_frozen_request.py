"""A request has one frozen form, and a frozen form has one request."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from random import Random

import httpx2
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from egoi_mcp.api.catalog import (
    MAX_BODY_BYTES,
    FrozenRequest,
    JsonValue,
    Request,
    freeze,
    match,
    operation,
    thaw,
)
from egoi_mcp.api.risk import Risk, risk_of
from egoi_mcp.errors import InvalidInput, UnknownOperation
from tests.api.catalog_requests import ORIGIN, frozen_requests, requests

SEND = Request(
    operation=operation("transactional", "sendSmsMessages"),
    body=[{"to": "351-900000001", "from": "1", "textBody": "Olá, Ana 👋"}],
)
SEARCH = Request(operation=operation("egoi", "searchContacts"), query={"contact": "ana@example.com"})


def _with_body(body: JsonValue) -> Request:
    return replace(SEND, body=body)


# -- there and back ------------------------------------------------------------------------------


@given(requests())
def test_thawing_what_was_frozen_gives_the_request_again(request: Request) -> None:
    assert thaw(freeze(request, ORIGIN)) == request


@given(frozen_requests())
def test_freezing_what_was_thawed_gives_the_same_bytes(frozen: FrozenRequest) -> None:
    assert freeze(thaw(frozen), frozen.origin) == frozen


@given(frozen_requests())
def test_the_http_library_sends_the_target_as_it_is(frozen: FrozenRequest) -> None:
    sent = httpx2.Request(frozen.method, frozen.origin + frozen.target, content=frozen.body)
    assert sent.url.raw_path == frozen.target.encode("ascii")


@given(requests(), st.randoms(use_true_random=False))
def test_parameters_go_in_one_order_whatever_order_they_came_in(request: Request, random: Random) -> None:
    names = list(request.query)
    random.shuffle(names)
    shuffled = replace(request, query={name: request.query[name] for name in names})
    assert freeze(shuffled, ORIGIN) == freeze(request, ORIGIN)


@given(frozen_requests(), st.data())
def test_a_second_spelling_of_a_character_is_refused(frozen: FrozenRequest, data: st.DataObject) -> None:
    place = data.draw(st.integers(1, len(frozen.target) - 1))
    character = frozen.target[place]
    assume(character not in "%/?=&" and not re.search(r"%.?$", frozen.target[:place]))
    spelt = f"{frozen.target[:place]}%{ord(character):02X}{frozen.target[place + 1 :]}"
    with pytest.raises(InvalidInput):
        match(frozen.api, frozen.method, spelt)


@given(frozen_requests(), st.text("/.?#%&=;\\ +2FfeEa0\x00é", min_size=1, max_size=6), st.data())
def test_no_insertion_makes_a_target_that_is_read_but_not_written(
    frozen: FrozenRequest, inserted: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(frozen.target)))
    changed = replace(frozen, target=frozen.target[:place] + inserted + frozen.target[place:])
    try:
        request = thaw(changed)
    except InvalidInput:
        return
    assert freeze(request, changed.origin) == changed


# -- what is written -----------------------------------------------------------------------------


def test_a_body_is_compact_utf8_in_its_own_order() -> None:
    body: JsonValue = {"z": 1, "a": [1.0, True, None], "text": "Olá – ção"}
    assert freeze(_with_body([body]), ORIGIN).body == (
        '[{"z":1,"a":[1.0,true,null],"text":"Olá – ção"}]'.encode()
    )


def test_a_query_is_percent_encoded_and_has_no_plus() -> None:
    request = replace(SEARCH, query={"contact": "ana+á b@example.com", "type": "email"})
    assert freeze(request, ORIGIN).target == (
        "/contacts/search?type=email&contact=ana%2B%C3%A1%20b%40example.com"
    )


def test_booleans_and_numbers_are_written_as_the_vendor_reads_them() -> None:
    request = Request(
        operation=operation("egoi", "getAllContacts"),
        path={"list_id": 7},
        query={"email_status": True, "limit": 25, "phone_status": False},
    )
    assert freeze(request, ORIGIN).target == "/lists/7/contacts?limit=25&email_status=true&phone_status=false"


def test_a_request_without_a_body_has_no_bytes() -> None:
    assert freeze(SEARCH, ORIGIN).body == b""


# -- what is refused -----------------------------------------------------------------------------


def _nested(levels: int) -> JsonValue:
    return [_nested(levels - 1)] if levels else 1


@pytest.mark.parametrize(
    "body",
    [
        pytest.param([float("nan")], id="NaN"),
        pytest.param([float("inf")], id="infinity"),
        pytest.param([2**53], id="a whole number over 53 bits"),
        pytest.param([{"textBody": "\ud83d"}], id="half of a surrogate pair"),
        pytest.param([{"\ud83d": 1}], id="half of a surrogate pair in a name"),
        pytest.param(_nested(70), id="nested without end"),
        pytest.param("text", id="a bare text"),
        pytest.param(1, id="a bare number"),
        pytest.param(None, id="nothing"),
    ],
)
def test_a_body_that_json_does_not_keep_is_refused(body: JsonValue) -> None:
    with pytest.raises(InvalidInput):
        freeze(_with_body(body), ORIGIN)


def test_a_body_nests_64_levels_and_no_more() -> None:
    deepest = freeze(_with_body(_nested(64)), ORIGIN)
    assert deepest.body == b"[" * 64 + b"1" + b"]" * 64
    assert risk_of(thaw(deepest)) is Risk.SEND
    with pytest.raises(InvalidInput, match="64 levels"):
        freeze(_with_body(_nested(65)), ORIGIN)


def test_what_is_no_json_value_is_refused_at_run_time_too() -> None:
    for wrong in ({1: "a"}, [b"bytes"], [{1, 2}], [object()]):
        with pytest.raises(InvalidInput):
            freeze(_with_body(wrong), ORIGIN)  # type: ignore[arg-type]  # a caller without types is tried here


def test_the_largest_numbers_that_every_reader_keeps_are_kept() -> None:
    body: JsonValue = [2**53 - 1, -(2**53) + 1]
    assert thaw(freeze(_with_body(body), ORIGIN)).body == body


def test_a_body_of_20_mb_is_taken_and_one_byte_more_is_refused() -> None:
    fits: JsonValue = ["x" * (MAX_BODY_BYTES - 4)]
    frozen = freeze(_with_body(fits), ORIGIN)
    assert len(frozen.body) == MAX_BODY_BYTES
    assert thaw(frozen).body == fits
    with pytest.raises(InvalidInput, match="20,000,000 bytes"):
        freeze(_with_body(["x" * (MAX_BODY_BYTES - 3)]), ORIGIN)


def test_an_operation_without_a_body_takes_none() -> None:
    with pytest.raises(InvalidInput, match="takes no body"):
        freeze(replace(SEARCH, body={}), ORIGIN)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'[{"to": "1"}]', id="a space"),
        pytest.param(b'[{"to":"1","to":"2"}]', id="a name twice"),
        pytest.param(b'[{"to":"\\u0031"}]', id="an escape that is not needed"),
        pytest.param(b"[1.00]", id="another form of a number"),
        pytest.param(b"[1E2]", id="an exponent"),
        pytest.param(b"[NaN]", id="NaN"),
        pytest.param(b"[1e999]", id="a number that overflows"),
        pytest.param(b"[9007199254740992]", id="a number over 53 bits"),
        pytest.param(b"[" + b"9" * 5000 + b"]", id="a number without end"),
        pytest.param(b'["\\ud83d"]', id="half of a surrogate pair"),
        pytest.param(b"\xef\xbb\xbf[]", id="a byte order mark"),
        pytest.param(b'["\xff"]', id="not UTF-8"),
        pytest.param(b"[" * 100_000, id="nested until the parser gives up"),
        pytest.param(b"null", id="null"),
        pytest.param(b'"text"', id="a bare text"),
        pytest.param(b"[1", id="cut off"),
        pytest.param(b"", id="nothing"),
        pytest.param(b" " * (MAX_BODY_BYTES + 1), id="over 20 MB"),
    ],
)
def test_bytes_that_freeze_would_not_write_are_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        thaw(replace(freeze(SEND, ORIGIN), body=body))


def test_bytes_behind_an_operation_without_a_body_are_refused() -> None:
    with pytest.raises(InvalidInput):
        thaw(replace(freeze(SEARCH, ORIGIN), body=b"{}"))


@pytest.mark.parametrize(
    "origin",
    [
        "https://api.example.com/",
        "https://api.example.com/v3",
        "https://key@api.example.com",
        "https://api.example.com?x",
        "https://api.example.com#",
        "ftp://api.example.com",
        "api.example.com",
        "https://api.example.com\n",
        "",
    ],
)
def test_an_origin_is_a_scheme_and_a_host(origin: str) -> None:
    with pytest.raises(InvalidInput, match="origin"):
        freeze(SEND, origin)
    with pytest.raises(InvalidInput, match="origin"):
        thaw(replace(freeze(SEND, ORIGIN), origin=origin))


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8080", "https://sandbox.invalid", "http://[::1]:80"])
def test_an_origin_may_have_a_port_and_be_an_address(origin: str) -> None:
    assert freeze(SEND, origin).origin == origin


def test_an_operation_that_claims_less_risk_than_the_catalogs_is_refused() -> None:
    harmless = replace(SEND.operation, risk=Risk.READ)
    with pytest.raises(UnknownOperation):
        freeze(replace(SEND, operation=harmless), ORIGIN)


# -- digest and repr -----------------------------------------------------------------------------


def test_a_digest_is_over_the_length_prefixed_members() -> None:
    frozen = FrozenRequest("egoi", "GET", "https://a.example", "/lists", b"")
    members = b"\0\0\0\0\0\0\0\x04egoi\0\0\0\0\0\0\0\x03GET\0\0\0\0\0\0\0\x11https://a.example"
    assert frozen.digest() == hashlib.sha256(members + b"\0\0\0\0\0\0\0\x06/lists" + bytes(8)).digest()


_ANY_FROZEN = st.builds(
    FrozenRequest,
    st.sampled_from(("egoi", "txtsync")),
    st.text("GETPOS", max_size=4),
    st.text("ab/", max_size=4),
    st.text("ab/\ud800", max_size=4),
    st.binary(max_size=3),
)


@given(_ANY_FROZEN, _ANY_FROZEN)
def test_digests_are_equal_exactly_where_requests_are(one: FrozenRequest, other: FrozenRequest) -> None:
    assert (one.digest() == other.digest()) == (one == other)


def test_a_byte_that_moves_to_the_next_member_changes_the_digest() -> None:
    one = FrozenRequest("egoi", "POST", "https://a.example", "/x", b"y")
    other = FrozenRequest("egoi", "POST", "https://a.example", "/xy", b"")
    assert one.digest() != other.digest()


def test_a_repr_shows_the_operation_and_nothing_personal() -> None:
    assert repr(freeze(SEND, ORIGIN)) == "<FrozenRequest transactional sendSmsMessages, 63 bytes of body>"
    assert "ana" not in repr(freeze(SEARCH, ORIGIN)).lower()
    assert "ana" not in repr(SEARCH).lower()
    assert "900000001" not in repr(SEND)
    assert "searchContacts" in repr(SEARCH)


def test_a_repr_of_what_is_no_operation_hides_it_too() -> None:
    frozen = FrozenRequest("egoi", "POST", ORIGIN, "/ana@example.com", b"ana")
    assert repr(frozen) == "<FrozenRequest egoi no operation, 3 bytes of body>"


@given(requests())
def test_an_error_never_repeats_a_value(request: Request) -> None:
    marked = replace(request, query={**request.query, "contact": "\x00ana@example.com"})
    with pytest.raises(InvalidInput) as refused:
        freeze(marked, ORIGIN)
    assert "ana@" not in str(refused.value)
