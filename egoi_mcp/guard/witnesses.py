"""What an approval rests on beside the bytes: things at the vendor, looked at again before the claim.

A send names a campaign, a sender and an audience, and the vendor keeps what they are. Which of them
belong to a request is read from the request itself, so no tool can forget one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Literal

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.errors import NotFound
from egoi_mcp.models.vendor_json import Json, mapping, number, objects, text, texts

if TYPE_CHECKING:
    from egoi_mcp.api.client import ApiClient

Kind = Literal["campaign", "content", "list", "segment", "sms sender", "email sender", "message sender"]
_LEAST_GROWTH, _MOST_GROWTH, _GROWTH = 3, 100, 0.02
_CHANGES = frozenset({("egoi", "patchSmsCampaign"), ("egoi", "patchEmailCampaign")})
_SENDER_KINDS: Mapping[str, Kind] = {"sms": "sms sender", "email": "email sender"}
"""By a word in the names of the operations that take such a sender."""
_GONE = "gone"
_DRAFT = "draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """One thing at the vendor as it was when the preview was made.

    `subject` is its id (`list/segment` for a segment), `seen` what must stay as it is, `count` how many
    people are in it, where it is an audience.
    """

    kind: Kind
    subject: str
    seen: Mapping[str, str] = field(default_factory=dict[str, str])
    count: int | None = None

    @property
    def key(self) -> tuple[Kind, str]:
        """What it is a witness of."""
        return self.kind, self.subject


def needed(requests: Sequence[Request]) -> tuple[tuple[Kind, str], ...]:
    """What the requests point at, each once: campaigns, the audiences of sends, senders."""
    return tuple(dict.fromkeys(chain.from_iterable(map(_needed, requests))))


def _needed(request: Request) -> Iterator[tuple[Kind, str]]:
    campaign = request.path.get("campaign_hash")
    if campaign is not None:
        yield "campaign", str(campaign)
        yield from _audience(mapping(request.body))
    if request.operation.api == "transactional":
        for message in (
            objects(request.body) if isinstance(request.body, Sequence) else [mapping(request.body)]
        ):
            if sender := text(message, "from"):
                yield "message sender", sender
    sender_id = text(mapping(request.body), "sender_id")
    if sender_id is not None and request.operation.api == "egoi":
        for word, kind in _SENDER_KINDS.items():
            if word in request.operation.name.casefold():
                yield kind, sender_id
                break


def _audience(body: Json) -> Iterator[tuple[Kind, str]]:
    list_id = text(body, "list_id")
    segments = mapping(body.get("segments"))
    if list_id is None or not segments:
        return
    if segments.get("type") == "segment":
        for each in texts(segments, "data"):
            yield "segment", f"{list_id}/{each}"
    elif segments.get("type") == "none":
        yield "list", list_id


def at_work(witnesses: Sequence[Witness], requests: Sequence[Request]) -> bool:
    """Whether a request changes a campaign that is no draft any more: that changes what people get."""
    if all(each.kind != "campaign" for each in witnesses):
        return False
    changes = [each for each in requests if (each.operation.api, each.operation.name) in _CHANGES]
    changed = {str(each.path.get("campaign_hash")) for each in changes}
    return any(
        each.kind == "campaign" and each.subject in changed and each.seen.get("status") != _DRAFT
        for each in witnesses
    )


async def look(client: ApiClient, kind: Kind, subject: str) -> Witness:
    """The thing as it is now; one that is gone is a witness too.

    Raises:
        ApiError: the vendor could not be asked, which says nothing about it.
    """
    try:
        return await _LOOKS[kind](client, subject)
    except NotFound:
        return Witness(kind=kind, subject=subject, seen={"status": _GONE})


async def _campaign(client: ApiClient, subject: str) -> Witness:
    found = await _read(client, "getAllCampaigns", query={"campaign_hash": subject, "limit": 10})
    row = next((row for row in objects(found) if text(row, "campaign_hash") == subject), None)
    return campaign_witness(subject, row)


def campaign_witness(subject: str, row: Json | None) -> Witness:
    """A campaign by the row that the vendor's list gives of it.

    Source: E-goi v3, `getAllCampaigns`.
    """
    if row is None:
        return Witness(kind="campaign", subject=subject, seen={"status": _GONE})
    members = ("status", "updated", "list_id", "channel", "internal_name", "title")
    seen = {name: text(row, name) or "" for name in members}
    seen["scheduled"] = text(mapping(row.get("schedule_date")), "date") or ""
    return Witness(kind="campaign", subject=subject, seen=seen)


async def _list(client: ApiClient, subject: str) -> Witness:
    return list_witness(subject, mapping(await _read(client, "getList", path={"list_id": int(subject)})))


def list_witness(subject: str, row: Json) -> Witness:
    """A contact list and how many of its people are active.

    Source: E-goi v3, `getList`.
    """
    count = number(mapping(row.get("stats")), "total_active")
    return Witness(kind="list", subject=subject, seen={"status": text(row, "status") or ""}, count=count)


async def _segment(client: ApiClient, subject: str) -> Witness:
    list_id, _, segment = subject.partition("/")
    path: dict[str, str | int] = {"list_id": int(list_id), "segment_id": segment}
    answer = await _read(client, "getAllContactsBySegment", path=path, query={"limit": 1})
    return segment_witness(subject, answer)


def segment_witness(subject: str, answer: JsonValue) -> Witness:
    """A segment by a page of its contacts.

    Source: E-goi v3, `getAllContactsBySegment`.
    """
    return Witness(kind="segment", subject=subject, count=number(mapping(answer), "total_items"))


async def _sms_sender(client: ApiClient, subject: str) -> Witness:
    rows = objects(await _read(client, "getAllCellphoneSenders", query={"limit": 1000}))
    return sender_witness("sms sender", subject, rows)


async def _email_sender(client: ApiClient, subject: str) -> Witness:
    rows = objects(await _read(client, "getAllEmailSenders", query={"limit": 1000}))
    return sender_witness("email sender", subject, rows)


async def _message_sender(client: ApiClient, subject: str) -> Witness:
    request = Request(operation=operation("transactional", "getSmsSenders"))
    return sender_witness("message sender", subject, objects((await client.execute(request)).data))


def sender_witness(kind: Kind, subject: str, rows: Iterator[Json] | Sequence[Json]) -> Witness:
    """A sender by the vendor's list of senders: its status, and all that people see of it.

    Source: E-goi v3, `getAllCellphoneSenders`, `getAllEmailSenders`; transactional, `getSmsSenders`.
    """
    row = next((row for row in rows if subject in {text(row, "sender_id"), text(row, "id")}), None)
    if row is None:
        return Witness(kind=kind, subject=subject, seen={"status": _GONE})
    shown = ("name", "email", "cellphone", "phoneNumber")
    seen = {"status": text(row, "status", "senderStatus") or ""}
    return Witness(kind=kind, subject=subject, seen=seen | {name: text(row, name) or "" for name in shown})


async def _read(
    client: ApiClient,
    name: str,
    *,
    path: Mapping[str, str | int] | None = None,
    query: Mapping[str, str | int | bool] | None = None,
) -> JsonValue:
    request = Request(operation=operation("egoi", name), path=path or {}, query=query or {})
    return (await client.execute(request)).data


_LOOKS = {
    "campaign": _campaign,
    "list": _list,
    "segment": _segment,
    "sms sender": _sms_sender,
    "email sender": _email_sender,
    "message sender": _message_sender,
}


def difference(before: Witness, now: Witness) -> str | None:
    """What changed between two looks at one thing, for a person; None where nothing that counts did.

    An audience may shrink, and grow by 2 %, at least 3 and at most 100 people.
    """
    name = f"{before.kind} {before.subject}"
    if now.seen.get("status") == _GONE != before.seen.get("status"):
        return f"{name} is gone"
    for member in sorted(before.seen.keys() | now.seen.keys()):
        was, is_now = before.seen.get(member, ""), now.seen.get(member, "")
        if was != is_now:
            return f"{name} has another {member}" + (
                f" ({was} then, {is_now} now)" if _short(was, is_now) else ""
            )
    if (before.count is None) != (now.count is None):
        return f"how many people are in {name} can{'not' if now.count is None else ''} be told any more"
    if grown_too_much(before.count, now.count):
        return f"{name} has grown from {before.count} to {now.count} people"
    return None


def grown_too_much(before: int | None, now: int | None) -> bool:
    """Whether an audience grew by more than people join while somebody reads a preview."""
    was, is_now = before or 0, now or 0
    return is_now - was > min(_MOST_GROWTH, max(_LEAST_GROWTH, was * _GROWTH))


def _short(*values: str) -> bool:
    return all(value and len(value) <= 40 for value in values)
