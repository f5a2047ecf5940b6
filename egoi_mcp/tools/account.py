"""The accounts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import EgoiMcpError
from egoi_mcp.models.account import Account, AccountReport, Sender
from egoi_mcp.models.vendor_json import Json, mapping, objects, text
from egoi_mcp.plain_text import clean
from egoi_mcp.tools.paging import rows_that_fit
from egoi_mcp.tools.policy_words import policy_in_words, remembered_in_words
from egoi_mcp.tools.vendor import Ctx, app_of, read

_MOST_SENDERS, _MOST_TOKENS = 60, 5_000
_MOST_NAME = 100
_CAN_SEND = frozenset({"active", "confirmed"})


async def get_account(
    ctx: Ctx,
    *,
    provider: Annotated[Literal["egoi", "txtsync", "intercom"], Field(description="Only this one")]
    | None = None,
) -> AccountReport:
    """Show the configured accounts: plan, balance, senders with their status, calls left in the rate
    limit, and the policy in force (what needs a person, what is refused).
    """
    app = app_of(ctx)
    wanted = [c for c in app.settings.connections if provider in {None, c.provider}]
    if provider is not None and not wanted:
        app.client(provider)
    accounts = [await _account(app.clients[each.name], each.provider) for each in wanted]
    policy = policy_in_words(app.settings)
    if app.settings.policy.remembered_rules == "allow":
        policy |= remembered_in_words(await app.store.rules.in_force())
    return AccountReport(accounts=tuple(accounts), policy=policy)


async def _account(client: ApiClient, provider: str) -> Account:
    """One account; a vendor that cannot be read does not hide the others."""
    readers = {"egoi": _egoi, "txtsync": _txtsync, "intercom": _intercom}
    try:
        account = await readers[provider](client)
    except EgoiMcpError as error:
        account = Account(provider=provider, problem=str(error))
    budget = client.budget.snapshot()
    return account.model_copy(
        update={
            "calls_left": budget.available_now,
            "call_limit": f"{budget.limit} calls in {budget.window_seconds:g} seconds",
        }
    )


async def _egoi(client: ApiClient) -> Account:
    row = mapping(await read(client, "egoi", "getMyAccount"))
    balance = mapping(row.get("balance_info"))
    general = mapping(row.get("general_info"))
    money = " ".join(part for part in (text(balance, "balance"), text(balance, "currency")) if part)
    senders, problems = await _all_senders(client)
    shown = rows_that_fit(senders[:_MOST_SENDERS], _MOST_TOKENS) if senders else ()
    return Account(
        provider="egoi",
        account_id=text(general, "client_id"),
        name=text(general, "name"),
        plan=text(mapping(row.get("plan_info")), "type"),
        balance=money or None,
        senders=shown,
        more_senders=len(senders) - len(shown) or None,
        problem=" ".join(problems) or None,
    )


async def _all_senders(client: ApiClient) -> tuple[list[Sender], list[str]]:
    """The senders, those that can send first, and why some could not be read.

    An account may lack a service or a permission; that hides one sort of senders and nothing else.
    """
    senders: list[Sender] = []
    problems: list[str] = []
    for api, name, use in _SENDERS:
        try:
            answer = await read(client, api, name, query={"limit": 1000} if api == "egoi" else None)
        except EgoiMcpError as error:
            problems.append(f"{use} senders: {error}")
            continue
        senders += [_sender(row, use) for row in objects(answer)]
    return sorted(senders, key=lambda sender: (sender.status or "") not in _CAN_SEND), problems


_SENDERS: tuple[tuple[Literal["egoi", "transactional"], str, str], ...] = (
    ("egoi", "getAllCellphoneSenders", "sms campaigns"),
    ("egoi", "getAllEmailSenders", "email campaigns"),
    ("transactional", "getSmsSenders", "send_sms"),
)


def _sender(row: Json, use: str) -> Sender:
    named = [text(row, "name"), text(row, "email", "cellphone", "phoneNumber")]
    name = " ".join(part for part in dict.fromkeys(named) if part)
    return Sender(
        id=text(row, "sender_id", "id") or "-",
        name=clean(name, _MOST_NAME) or None,
        use=use,
        status=text(row, "status", "senderStatus"),
    )


async def _txtsync(client: ApiClient) -> Account:
    """TxtSync has no call that shows the account; a search that finds nobody shows that the key works."""
    await read(client, "txtsync", "SearchContact", query={"searchNumber": "+351900000000"})
    return Account(provider="txtsync", account_id=await client.account_id())


async def _intercom(client: ApiClient) -> Account:
    row = mapping(await read(client, "intercom", "identifyAdmin"))
    workspace = mapping(row.get("app"))
    return Account(provider="intercom", account_id=text(workspace, "id_code"), name=text(workspace, "name"))
