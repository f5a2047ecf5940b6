"""The door: what opens it, and what never gets through."""

from __future__ import annotations

import json
from dataclasses import replace

import anyio
import httpx2
import pytest

from egoi_mcp.api import catalog
from egoi_mcp.api.catalog import FrozenRequest, JsonValue, Request
from egoi_mcp.api.client import ApiClient
from egoi_mcp.api.risk import Risk, risk_of
from egoi_mcp.errors import (
    ActionRequired,
    BudgetExhausted,
    InvalidInput,
    NotAllowed,
    PolicyDenied,
    SettingsError,
    StateUnavailable,
    UnknownOperation,
    VendorFailed,
)
from egoi_mcp.settings import Connection, Timeouts
from tests.api.doors import (
    ACTION,
    BookGate,
    Vendor,
    answer,
    approved,
    budget,
    change,
    connection,
    door,
    look,
)

pytestmark = pytest.mark.anyio

LISTS: JsonValue = {"total_items": 0, "items": []}


async def test_a_look_needs_no_action_but_the_policys_leave() -> None:
    vendor, gate = Vendor([answer(200, LISTS)]), BookGate()
    reply = await door(vendor.transport(), gate=gate).execute(look())
    assert (reply.status, reply.data) == (200, LISTS)
    assert gate.permitted == ["getAllLists"]
    assert gate.claimed == []


async def test_a_look_that_the_policy_denies_does_not_leave() -> None:
    vendor = Vendor([answer(200, LISTS)])
    client = door(vendor.transport(), gate=BookGate(denied=frozenset({"getAllLists"})))
    with pytest.raises(PolicyDenied):
        await client.execute(look())
    assert vendor.requests == []


async def test_nothing_above_a_look_leaves_without_an_action() -> None:
    vendor = Vendor([answer(201, {"contact_id": "a1b2c3d4e5"})])
    client = door(vendor.transport(), gate=approved(change()))
    with pytest.raises(ActionRequired, match="needs an approved action"):
        await client.execute(change())
    assert vendor.requests == []


async def test_an_approved_action_opens_the_door_for_exactly_its_bytes() -> None:
    vendor, gate = Vendor([answer(201, {"contact_id": "a1b2c3d4e5"})]), approved(change())
    reply = await door(vendor.transport(), gate=gate).execute(change(), ACTION)
    assert reply.data == {"contact_id": "a1b2c3d4e5"}
    assert gate.claimed == [catalog.freeze(change(), "https://vendor.example.com")]
    assert gate.permitted == []


async def test_a_changed_argument_needs_another_action() -> None:
    vendor = Vendor([answer(201)])
    client = door(vendor.transport(), gate=approved(change()))
    with pytest.raises(ActionRequired):
        await client.execute(change({"base": {"email": "rui@example.com"}}), ACTION)
    assert vendor.requests == []


async def test_a_step_is_sent_once() -> None:
    vendor = Vendor([answer(201)])
    client = door(vendor.transport(), gate=approved(change()))
    await client.execute(change(), ACTION)
    with pytest.raises(ActionRequired):
        await client.execute(change(), ACTION)
    assert len(vendor.requests) == 1


async def test_the_risk_is_worked_out_by_the_door_and_not_taken_from_the_caller() -> None:
    # The same operation, made to look harmless by whoever built the request.
    entry = replace(catalog.operation("egoi", "createContact"), risk=Risk.READ)
    disguised = Request(operation=entry, path={"list_id": 7}, body={"base": {"email": "ana@example.com"}})
    vendor, gate = Vendor([answer(201)]), BookGate()
    with pytest.raises(UnknownOperation):
        await door(vendor.transport(), gate=gate).execute(disguised)
    assert vendor.requests == []


@pytest.mark.parametrize("api", catalog.APIS)
async def test_no_operation_above_a_look_opens_the_door_alone(api: catalog.Api) -> None:
    provider = "egoi" if api == "transactional" else api
    vendor, gate = Vendor([answer(200, {})]), BookGate()
    client = door(vendor.transport(), provider=provider, gate=gate)
    tried = 0
    for entry in catalog.operations(api):
        if entry.risk is Risk.READ:
            continue
        with pytest.raises((NotAllowed, InvalidInput)):
            await client.execute(_some_request(entry))
        tried += 1
    assert tried > 0 or api == "intercom"
    assert vendor.requests == []
    assert gate.permitted == []


def _some_request(entry: catalog.Operation) -> Request:
    def value(parameter: catalog.Parameter) -> str | int:
        if parameter.type == "integer":
            return max(1, parameter.minimum or 1)
        return parameter.enum[0] if parameter.enum else "a1b2c3d4e5"

    needed = [parameter for parameter in entry.parameters if parameter.required]
    return Request(
        operation=entry,
        path={parameter.name: value(parameter) for parameter in needed if parameter.location == "path"},
        query={parameter.name: value(parameter) for parameter in needed if parameter.location == "query"},
        body={"a": 1} if entry.has_body else None,
    )


async def test_what_a_body_adds_to_the_risk_closes_the_door_on_a_post_that_looks() -> None:
    search = Request(
        operation=catalog.operation("intercom", "SearchContacts"),
        body={"query": {"field": "role", "operator": "=", "value": "lead"}},
    )
    revealing = replace(search, body={**_mapping(search), "callback_url": "https://example.org/hook"})
    assert risk_of(search) is Risk.READ
    assert risk_of(revealing) > Risk.READ
    vendor = Vendor([answer(200, {"data": []})])
    client = door(vendor.transport(), provider="intercom")
    await client.execute(search)
    with pytest.raises(ActionRequired):
        await client.execute(revealing)
    assert len(vendor.requests) == 1


def _mapping(request: Request) -> dict[str, JsonValue]:
    assert isinstance(request.body, dict)
    return {str(name): value for name, value in request.body.items()}


FROZEN = catalog.freeze(change(), "https://vendor.example.com")


@pytest.mark.parametrize(
    "strange",
    [
        replace(FROZEN, target="/nowhere"),
        replace(FROZEN, target="/lists/7/../8/contacts"),
        replace(FROZEN, target="/lists/%37/contacts"),
        replace(FROZEN, target="//evil.example.org/lists/7/contacts"),
        replace(FROZEN, method="BREW"),
        replace(FROZEN, body=b'{"base":{"email":"ana@example.com"},"base":{}}'),
        replace(FROZEN, body=b'{ "base": {}}'),
        replace(FROZEN, body=b""),
    ],
)
async def test_bytes_that_are_not_exactly_one_operation_do_not_leave(strange: FrozenRequest) -> None:
    vendor = Vendor([answer(201)])
    client = door(vendor.transport(), gate=BookGate(steps={ACTION: [strange]}))
    with pytest.raises(InvalidInput):
        await client.execute(strange, ACTION)
    assert vendor.requests == []


async def test_an_action_for_another_address_does_not_leave() -> None:
    elsewhere = catalog.freeze(change(), "https://elsewhere.example.org")
    vendor = Vendor([answer(201)])
    client = door(vendor.transport(), gate=BookGate(steps={ACTION: [elsewhere]}))
    with pytest.raises(ActionRequired, match="another address"):
        await client.execute(elsewhere, ACTION)
    assert vendor.requests == []


async def test_a_request_to_an_api_of_another_connection_does_not_leave() -> None:
    vendor = Vendor([answer(200)])
    client = door(vendor.transport(), provider="txtsync")
    with pytest.raises(InvalidInput, match="does not reach the egoi API"):
        await client.execute(look())
    with pytest.raises(InvalidInput):
        await client.execute(catalog.freeze(look(), "https://vendor.example.com"))
    assert vendor.requests == []


async def test_a_body_over_20_mb_is_refused_before_it_leaves() -> None:
    huge = change({"base": {"email": "ana@example.com", "note": "x" * 20_000_000}})
    vendor = Vendor([answer(201)])
    client = door(vendor.transport())
    with pytest.raises(InvalidInput, match="20,000,000"):
        await client.execute(huge, ACTION)
    assert vendor.requests == []


async def test_an_address_that_is_too_long_for_the_http_library_is_refused_before_the_claim() -> None:
    long = look("searchContacts", type="email", contact="a" * 70_000)
    vendor, gate = Vendor([answer(200)]), BookGate(steps={})
    with pytest.raises(InvalidInput, match="cannot be sent as it stands"):
        await door(vendor.transport(), gate=gate).execute(long)
    assert vendor.requests == []
    assert gate.permitted == []


# -- the order of things -------------------------------------------------------------------------


async def test_a_step_is_not_claimed_before_there_is_a_slot() -> None:
    vendor, gate, calls = Vendor([answer(201)]), approved(change()), budget(calls=1)
    client = door(vendor.transport(), gate=gate, calls=calls)
    async with calls.slot():
        pass
    with anyio.fail_after(5), pytest.raises(BudgetExhausted):
        await client.execute(change(), ACTION)
    assert gate.claimed == []
    assert vendor.requests == []


async def test_a_refused_claim_does_not_use_up_a_call() -> None:
    calls = budget(calls=1)
    client = door(Vendor([answer(201)]).transport(), gate=BookGate(), calls=calls)
    with pytest.raises(ActionRequired):
        await client.execute(change(), ACTION)
    assert calls.snapshot().available_now == 1


async def test_the_claim_stands_before_the_first_byte_leaves() -> None:
    gate = approved(change())
    claimed_when_sent: list[int] = []

    def note(_request: httpx2.Request) -> httpx2.Response:
        claimed_when_sent.append(len(gate.claimed))
        return answer(201)

    await door(Vendor([note]).transport(), gate=gate).execute(change(), ACTION)
    assert claimed_when_sent == [1]


async def test_nothing_is_sent_after_the_door_is_closed() -> None:
    vendor, gate = Vendor([answer(200, LISTS)]), approved(change())
    client = door(vendor.transport(), gate=gate)
    await client.execute(look())
    await client.aclose()
    await client.aclose()
    with pytest.raises(StateUnavailable):
        await client.execute(look())
    with pytest.raises(StateUnavailable):
        await client.execute(change(), ACTION)
    assert gate.permitted == ["getAllLists"]
    assert gate.claimed == []
    assert len(vendor.requests) == 1


async def test_a_door_that_closes_while_a_call_waits_sends_nothing_more() -> None:
    vendor = Vendor([answer(503), answer(200, LISTS)])

    async def close(_seconds: float) -> None:
        await client.aclose()

    client = ApiClient(
        connection("egoi"),
        gate=BookGate(),
        budget=budget(),
        timeouts=Timeouts(),
        transport=vendor.transport(),
        sleep=close,
    )
    with pytest.raises(StateUnavailable):
        await client.execute(look())
    assert len(vendor.requests) == 1


def test_a_connection_without_its_credential_has_no_door() -> None:
    bare = Connection(name="egoi", provider="egoi", origins={"egoi": "https://vendor.example.com"})
    with pytest.raises(SettingsError, match="EGOI_API_KEY"):
        ApiClient(bare, gate=BookGate(), budget=budget(), timeouts=Timeouts())


# -- signing in, and the account -----------------------------------------------------------------


async def test_both_egoi_apis_take_the_same_key() -> None:
    vendor = Vendor([answer(200, {})])
    client = door(vendor.transport())
    await client.execute(look())
    await client.execute(look("pingApi", "transactional"))
    names = [dict(request.headers.raw) for request in vendor.requests]
    assert names[0][b"Apikey"] == names[1][b"ApiKey"] == b"egoi-key-5f1c"


async def test_txtsync_takes_basic_authentication_and_a_mark_on_sends() -> None:
    send = Request(
        operation=catalog.operation("txtsync", "SendSMS"),
        body={"From": "Shop", "Message": "Olá", "To": "+351900000012"},
    )
    vendor = Vendor([answer(200, [])])
    client = door(vendor.transport(), provider="txtsync", gate=approved(send))
    await client.execute(look("SearchContact", "txtsync", search="Ana"))
    await client.execute(send, ACTION)
    search, sent = (request.headers for request in vendor.requests)
    expected = httpx2.BasicAuth("txtsync-client-key-77aa", "txtsync-client-secret-88bb")
    signed = next(expected.auth_flow(httpx2.Request("GET", "https://example.com")))
    assert search["authorization"] == sent["authorization"] == signed.headers["authorization"]
    assert "x-zapier" not in search
    assert sent["x-zapier"] == "true"


async def test_intercom_takes_a_token_and_the_pinned_version() -> None:
    vendor = Vendor([answer(200, {})])
    await door(vendor.transport(), provider="intercom").execute(look("listTags", "intercom"))
    headers = vendor.requests[0].headers
    assert headers["authorization"] == "Bearer intercom-token-99cc"
    assert headers["intercom-version"] == "2.16"


async def test_the_account_is_looked_up_once() -> None:
    vendor = Vendor([answer(200, {"general_info": {"client_id": "4711"}})])
    client = door(vendor.transport())
    found: list[str] = []

    async def ask() -> None:
        found.append(await client.account_id())

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(ask)
    assert found == ["4711"] * 5
    assert [request.url.path for request in vendor.requests] == ["/my-account"]


async def test_intercoms_account_is_its_workspace() -> None:
    vendor = Vendor([answer(200, {"type": "admin", "app": {"id_code": "ws1"}})])
    assert await door(vendor.transport(), provider="intercom").account_id() == "ws1"


async def test_txtsyncs_account_needs_no_call() -> None:
    vendor = Vendor([answer(200)])
    account = await door(vendor.transport(), provider="txtsync").account_id()
    assert len(account) == 16
    assert vendor.requests == []


async def test_a_reply_that_names_no_account_is_an_error_and_is_asked_for_again() -> None:
    vendor = Vendor([answer(200, {"general_info": {}}), answer(200, {"general_info": {"client_id": "1"}})])
    client = door(vendor.transport())
    with pytest.raises(VendorFailed, match="did not say which account"):
        await client.account_id()
    assert await client.account_id() == "1"


async def test_the_body_is_sent_as_frozen() -> None:
    vendor = Vendor([answer(201)])
    await door(vendor.transport(), gate=approved(change())).execute(change(), ACTION)
    request = vendor.requests[0]
    assert json.loads(request.content) == change().body
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("egoi-mcp/")


def test_the_connection_can_be_read_from_the_door() -> None:
    client = door(provider="txtsync")
    assert client.connection == connection("txtsync")
    assert repr(client) == "<ApiClient txtsync>"
