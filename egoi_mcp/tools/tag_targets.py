"""Whom a tag is put on or taken off: the requests for it, and what a preview says of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from egoi_mcp.api.catalog import JsonValue, Operation, Request
from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.witnesses import Witness, look
from egoi_mcp.models.vendor_json import flag, text
from egoi_mcp.tools.contact_ids import MOST_ONE_BY_ONE, counted, distinct, distinct_ids, first_of
from egoi_mcp.tools.names import Named, find_field, find_list, find_segment
from egoi_mcp.tools.refusals import a_number, needed

Change = Literal["attach", "detach"]
_Requests: TypeAlias = Callable[[dict[str, JsonValue]], tuple[Request, ...]]
_PHONES = frozenset({"cellphone", "phone"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Whom a call means, as it was given."""

    list_id: str | None
    contact_ids: Sequence[str] | None
    segment: str | None
    field: str | None
    values: Sequence[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The contacts of a change of tags. `recipients` is None where nobody can tell how many they are."""

    requests: tuple[Request, ...]
    words: str
    recipients: int | None
    facts: dict[str, str]
    personal: dict[str, str] = field(default_factory=dict[str, str])
    warnings: tuple[str, ...] = ()
    witnesses: tuple[Witness, ...] = ()


async def at_egoi(
    client: ApiClient, change: Change, tag_id: int, whom: Whom, *, operation: Operation
) -> Target:
    """The contacts of a list that ids, a segment, or a field's values mean.

    Raises:
        InvalidInput: not exactly one of the three was given, or what it names is not there.

    Source: E-goi v3, `actionAttachTag` and `actionDetachTag`.
    """
    needed("E-goi; list_audiences (kind lists) gives it", list_id=whom.list_id)
    if sum(each is not None for each in (whom.contact_ids, whom.segment, whom.field)) != 1:
        raise InvalidInput(
            "contact_ids, segment, or field with values: give exactly one of the three. Nothing was changed."
        )
    if (whom.field is None) != (whom.values is None):
        raise InvalidInput("values: goes with field, and field with it. Nothing was changed.")
    ids = None if whom.contact_ids is None else distinct_ids("egoi", whom.contact_ids)
    named = await find_list(client, whom.list_id or "", now=True)

    def request(body: dict[str, JsonValue]) -> tuple[Request, ...]:
        path: dict[str, str | int] = {"list_id": int(named.id)}
        return (Request(operation=operation, path=path, body={"tag_id": tag_id, **body}),)

    facts = {"list": f"{named.id} ({named.name})"}
    if ids is not None:
        return Target(
            requests=request({"contacts": list(ids)}),
            words=counted(len(ids)),
            recipients=len(ids),
            facts={**facts, "contact ids": first_of(ids)},
        )
    if whom.segment is not None:
        chosen = await find_segment(client, int(named.id), whom.segment, now=True)
        witness = await look(client, "segment", f"{named.id}/{chosen.id}")
        people = "an unknown number of contacts" if witness.count is None else counted(witness.count)
        return Target(
            requests=request({"segment_id": chosen.id}),
            words=f"the segment {chosen.name!r}",
            recipients=witness.count,
            facts={**facts, "segment": f"{chosen.id} ({chosen.name}), {people} as of now"},
            warnings=_unlisted(change, "whoever is in the segment when it runs is meant"),
            witnesses=(witness,),
        )
    target = await _by_field(client, named, request, facts, whom.field or "", whom.values or ())
    return replace(target, warnings=_unlisted(change, "whoever holds a value when it runs is meant"))


async def _by_field(
    client: ApiClient,
    named: Named,
    request: _Requests,
    facts: dict[str, str],
    ref: str,
    values: Sequence[str],
) -> Target:
    found = await find_field(client, int(named.id), ref, now=True)
    wanted = distinct("values", (_as_held(found, each) for each in values), fold=False)
    unique = flag(found.row, "unique") is True
    several = "" if unique else "; several contacts may hold the same"
    return Target(
        requests=request({"field_id": found.id, "contacts": list(wanted)}),
        words=f"the contacts of {counted(len(wanted), 'value')} of {found.name!r}",
        recipients=len(wanted) if unique else None,
        facts={
            **facts,
            "field": f"{found.id} ({found.name})",
            "values": f"{len(wanted)}{several}",
        },
        personal={"whose values": first_of(wanted)},
    )


def _unlisted(change: Change, meant: str) -> tuple[str, ...]:
    """What is said where contacts are not named one by one."""
    lost = "who had the tag before is recorded nowhere"
    return (meant, lost) if change == "detach" else (meant,)


def _as_held(found: Named, value: str) -> str:
    """A value as the list holds it: E-goi keeps numbers in a form of its own."""
    if text(found.row, "format") not in _PHONES:
        return value.strip()
    return a_number(value, label="values").egoi


def at_intercom(change: Change, tag_id: str, contact_ids: Sequence[str], *, operation: Operation) -> Target:
    """Contacts of a workspace, a request each.

    Raises:
        InvalidInput: one is no id, or they are too many for one call.

    Source: Intercom, `attachTagToContact` and `detachTagFromContact`.
    """
    ids = distinct_ids("intercom", contact_ids, most=MOST_ONE_BY_ONE)
    requests = tuple(
        Request(operation=operation, path={"contact_id": each}, body={"id": tag_id})
        if change == "attach"
        else Request(operation=operation, path={"contact_id": each, "tag_id": tag_id})
        for each in ids
    )
    return Target(
        requests=requests,
        words=counted(len(ids)),
        recipients=len(ids),
        facts={"contact ids": first_of(ids)},
    )
