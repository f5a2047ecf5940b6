"""Cases on what the bytes of a send only point at: a campaign's words, its sender, its list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any

import httpx2

from egoi_mcp.api.catalog import Request, operation
from egoi_mcp.errors import EgoiMcpError
from egoi_mcp.guard.action import Action, Content
from egoi_mcp.sandbox import SANDBOX_EGOI_API_KEY
from egoi_mcp.sandbox.egoi.state import Campaign, Contact
from tests.guard.tampering.cases import Case, Stage
from tests.guard.tampering.rows import a_value, a_value_of_another, several
from tests.guard.tampering.values import another_character, junk

_LIST = 3
Undo = Callable[[], object]
Happening = Callable[[Stage, Campaign], Awaitable[tuple[str, Undo]]]


def _nothing() -> None:
    """There is nothing to put back."""


def _near(rng: Random, text: str) -> str:
    """Almost the same words, as a vendor's page would take them."""
    for _ in range(20):
        other = another_character(rng, text)
        if other.isprintable() and other.strip() not in {"", text.strip()}:
            return other
    return f"{text}."


# -- at the vendor, by somebody else -------------------------------------------------------------


async def patched_there(stage: Stage, campaign: Campaign) -> tuple[str, Undo]:
    """Changed through the vendor's API, with another key."""
    message = _near(stage.rng, campaign.text)
    body: dict[str, Any] = {"content": {"message": message}}
    if stage.rng.random() < 0.3:
        body = stage.rng.choice([{"sender_id": 101}, {"internal_name": message}])
    async with httpx2.AsyncClient(
        transport=stage.world.watch.sandbox.transport(),
        base_url="https://vendor.example.com",
        headers={"Apikey": SANDBOX_EGOI_API_KEY},
    ) as vendor:
        reply = await vendor.patch(f"/campaigns/sms/{campaign.campaign_hash}", json=body)
        assert reply.is_success, reply.text
    return f"patched with {body}", _nothing


async def edited_there(stage: Stage, campaign: Campaign) -> tuple[str, Undo]:
    """Changed in the vendor's own pages."""
    rng = stage.rng
    what = rng.choice(
        ["message", "message", "title", "internal_name", "status", "list_id", "sender_id", "updated"]
    )
    match what:
        case "message":
            campaign.content = {**campaign.content, "message": _near(rng, campaign.text)}
        case "status":
            campaign.status = rng.choice(["queued", "paused", "sending", "sent", "canceled"])
        case "list_id":
            campaign.list_id = rng.choice([1, 2])
        case "sender_id":
            campaign.sender_id = 101
        case "updated":
            pass
        case _:
            setattr(campaign, what, _near(rng, getattr(campaign, what) or "x"))
    if what not in {"status", "list_id", "internal_name"} or rng.random() < 0.5:
        campaign.updated += rng.randrange(1, 4000)
    return f"{what} edited", _nothing


async def gone_there(stage: Stage, campaign: Campaign) -> tuple[str, Undo]:
    """Deleted, and perhaps there again under the same hash with other words."""
    campaigns = stage.world.watch.sandbox.world.egoi.campaigns
    del campaigns[campaign.campaign_hash]
    if stage.rng.random() < 0.5:
        return "deleted", _nothing
    again = replace(
        campaign,
        content={**campaign.content, "message": _near(stage.rng, campaign.text)},
        created=campaign.created + 5,
        updated=campaign.updated + 5,
    )
    campaigns[again.campaign_hash] = again
    return f"made again with {again.text!r}", _nothing


async def sender_there(stage: Stage, campaign: Campaign) -> tuple[str, Undo]:
    """The sender blocked, renamed or gone."""
    senders = stage.world.watch.sandbox.world.egoi.senders
    before = senders[102]
    match stage.rng.randrange(3):
        case 0:
            senders[102] = replace(before, status=stage.rng.choice(["moderation", "rejected"]))
        case 1:
            senders[102] = replace(before, address=_near(stage.rng, before.address))
        case _:
            del senders[102]
    return "its sender is another", lambda: senders.__setitem__(102, before)


async def joined_there(stage: Stage, campaign: Campaign) -> tuple[str, Undo]:
    """More people in the list than join while somebody reads."""
    people = stage.world.watch.sandbox.world.egoi.lists[_LIST].contacts
    before = dict(people)
    model = next(each for each in people.values() if each.status == "active")
    for number in range(stage.rng.randrange(4, 40)):
        contact_id = f"{0xABC000 + number:010x}"
        people[contact_id] = Contact(contact_id=contact_id, list_id=_LIST, base={**model.base}, tags=[1])

    def leave() -> None:
        people.clear()
        people.update(before)

    return "many joined", leave


# -- by this server itself -----------------------------------------------------------------------


async def changed_here(stage: Stage, campaign: Campaign) -> tuple[str, Undo]:
    """Changed by another approved action, which keeps the new words or, made by hand, does not."""
    message = _near(stage.rng, campaign.text)
    by_tool = stage.rng.random() < 0.5
    body: dict[str, Any] = {"content": {"message": message}, "sender_id": 102}
    request = Request(
        operation=operation("egoi", "patchSmsCampaign"),
        path={"campaign_hash": campaign.campaign_hash},
        body=body,
    )
    words = Content(channel="sms", title=stage.mark, text=message, sender="102")
    await _do(stage, request, content=words if by_tool else None)
    return f"changed to {message!r} {'by the tool' if by_tool else 'by hand'}", _nothing


async def deleted_here(stage: Stage, campaign: Campaign) -> tuple[str, Undo]:
    """Deleted by another approved action."""
    path: dict[str, str | int] = {"campaign_hash": campaign.campaign_hash}
    await _do(stage, Request(operation=operation("egoi", "deleteCampaigns"), path=path))
    return "deleted by an action", _nothing


async def _do(stage: Stage, request: Request, *, content: Content | None = None) -> None:
    """Carry another action out, with a person's approval, by either server."""
    oracle = stage.world.oracle
    waiting = oracle.allowed.copy()
    oracle.withdraw()
    action = await stage.world.propose(await stage.world.draft(request, content=content))
    await stage.world.approve(action)
    app = stage.rng.choice(stage.world.servers)
    app.guard.executor.start(action.id)
    while (ended := app.guard.executor.ended(action.id)) is not None:
        await ended.wait()
    assert not oracle.new()
    assert not oracle.left()
    oracle.allowed.update(waiting)


# -- the cases -----------------------------------------------------------------------------------


async def _drafted(stage: Stage) -> Campaign:
    """A draft that this server made."""
    text = f"Hello {stage.mark}. Reply STOP"
    body: dict[str, Any] = {
        "list_id": _LIST,
        "internal_name": stage.mark,
        "sender_id": 102,
        "content": {"type": "text", "message": text},
    }
    words = Content(channel="sms", title=stage.mark, text=text, sender="102")
    create = Request(operation=operation("egoi", "createSmsCampaign"), body=body)
    await _do(stage, create, content=words)
    return list(stage.world.watch.sandbox.world.egoi.campaigns.values())[-1]


async def _send_of(stage: Stage, campaign: Campaign, *, whole: bool) -> Action:
    """Its send, approved."""
    audiences: list[dict[str, Any]] = [{"type": "none"}]
    if not whole:
        audiences += [{"type": "segment", "data": ["tag_1"]}, {"type": "contact", "data": "351-900000001"}]
    body: dict[str, Any] = {
        "list_id": _LIST,
        "segments": stage.rng.choice(audiences),
        "destination_field": "cellphone",
    }
    path: dict[str, str | int] = {"campaign_hash": campaign.campaign_hash}
    send = Request(operation=operation("egoi", "actionSendSms"), path=path, body=body)
    action = await stage.world.propose(await stage.world.draft(send))
    await stage.world.approve(action)
    return action


def _case(*happenings: Happening) -> Case:
    async def case(stage: Stage) -> str:
        happening = stage.rng.choice(happenings)
        campaign = await _drafted(stage)
        action = await _send_of(stage, campaign, whole=happening is joined_there)
        said, undo = await happening(stage, campaign)
        # The person approved another campaign than there is now.
        stage.world.oracle.withdraw()
        try:
            await stage.after(action)
        finally:
            undo()
        return said

    return case


async def in_the_file(stage: Stage) -> str:
    """What the state file says of the campaign's words, or of the send."""
    campaign = await _drafted(stage)
    action = await _send_of(stage, campaign, whole=False)
    db, rng = stage.world.db, stage.rng
    if rng.random() < 0.3:
        said = stage.tamper(action, a_value, a_value_of_another, several)
    else:
        column = rng.choice(["content", "content", "seal", "account", "connection", "campaign_hash"])
        where = f"WHERE campaign_hash = '{campaign.campaign_hash}'"
        ((old,),) = db.execute(f"SELECT {column} FROM contents {where}").fetchall()  # noqa: S608 - constants and a hash
        new = another_character(rng, old) if isinstance(old, str) and rng.random() < 0.7 else junk(rng)
        if rng.random() < 0.1:
            db.execute(f"DELETE FROM contents {where}")  # noqa: S608 - constants and a hash
        else:
            with suppress(UnicodeEncodeError):
                db.execute(f"UPDATE OR IGNORE contents SET {column} = ? {where}", (new,))  # noqa: S608 - constants
        said = f"contents.{column} became {new!r:.60}"
    await stage.after(action)
    with suppress(EgoiMcpError):
        await stage.world.second.store.content("egoi", action.account, campaign.campaign_hash)
    return said


async def unchanged(stage: Stage) -> str:
    """Nothing happens: it goes out."""
    action = await _send_of(stage, await _drafted(stage), whole=False)
    await stage.after(action)
    return ""


CAMPAIGN_CASES: Mapping[str, tuple[Case, int]] = {
    "the campaign, at the vendor": (_case(patched_there, edited_there, gone_there), 250),
    "its sender or list, at the vendor": (_case(sender_there, joined_there), 100),
    "the campaign, by another action": (_case(changed_here, deleted_here), 150),
    "the campaign, in the file": (in_the_file, 100),
}
