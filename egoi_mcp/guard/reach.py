"""What an action touches, in the words that the owner's policy uses.

Most of it is read from the requests themselves, whichever tool made them; what a request only points at
(a campaign's sender, a list's people) is added by whoever looked it up, and what nobody can know is named
in `unknown`, so that a rule about it can refuse instead of passing over it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from egoi_mcp.api.catalog import Request
from egoi_mcp.guard.reading import EVERYTHING, read

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Lists, senders, people, hosts and texts of an action.

    `recipients` are those named one by one, as E.164 numbers and e-mail addresses; `segments` counts
    SMS segments by country (`("PT", 12)`), `?` where the country is not known. `senders` has one entry
    for each, all that it is called on lines of its own (`named_sender`). `hosts` are where data goes,
    with their scheme where it is not https, `?` where an address cannot be read; `links` are other hosts
    that the requests name, those in the texts left out. `risks` are those of the single requests, by name.
    `extras` names what single messages ask for besides their text, and what may cost more. `unknown` names
    the members that may hold more than is said. `at` is when people are reached, in seconds
    since the epoch, None for now.
    """

    lists: tuple[int, ...] = ()
    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    segments: tuple[tuple[str, int], ...] = ()
    hosts: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    promotional: bool = True
    at: float | None = None


NOT_LOOKED_AT = Reach(unknown=tuple(sorted(EVERYTHING)))
"""What an action touches as long as nobody has looked."""


def reach_of(requests: Sequence[Request]) -> Reach:
    """What requests say of themselves, and in `unknown` what they leave open."""
    found = list(map(read, requests))
    segments: dict[str, int] = {}
    for each in found:
        for country, count in each.segments.items():
            segments[country] = segments.get(country, 0) + count
    unknown = {name for each in found for name in each.unknown}
    risks = {risk for each in found for risk in each.risks}
    return Reach(
        lists=_once(name for each in found for name in each.lists),
        senders=_once(name for each in found for name in each.senders),
        recipients=_once(name for each in found for name in each.recipients),
        segments=tuple(sorted(segments.items())),
        hosts=_once(name for each in found for name in each.hosts),
        links=_once(name for each in found for name in each.links),
        texts=_once(name for each in found for name in each.texts),
        risks=tuple(risk.name.lower() for risk in sorted(risks)),
        extras=_once(name for each in found for name in each.extras),
        unknown=tuple(sorted(unknown)),
    )


def named_sender(*names: str | int | None) -> str:
    """One sender by all that it is called: its id, its name, its number."""
    return "\n".join(
        dict.fromkeys(str(name).strip() for name in names if name is not None and str(name).strip())
    )


def merged(said: Reach, found: Reach) -> Reach:
    """What the requests say, and what somebody looked up of what they point at.

    A member that was unknown is known once `found` names something in it and does not call it unknown
    itself; a look-up that found nothing leaves it unknown. Nothing that the requests say gets lost.
    """
    filled = {name for name in EVERYTHING if _names(found, name)} - set(found.unknown)
    unknown = (set(said.unknown) - filled) | set(found.unknown)
    return Reach(
        lists=_both(said.lists, found.lists),
        senders=_senders(said.senders, found.senders),
        recipients=_both(said.recipients, found.recipients),
        segments=_more(said.segments, found.segments),
        hosts=_both(said.hosts, found.hosts),
        links=_both(said.links, found.links),
        texts=_both(said.texts, found.texts),
        risks=_both(said.risks, found.risks),
        extras=_both(said.extras, found.extras),
        unknown=tuple(sorted(unknown)),
        promotional=said.promotional and found.promotional,
        at=said.at if found.at is None else found.at,
    )


def cost_of(prices: Mapping[str, Decimal], reach: Reach) -> Decimal | None:
    """What its SMS segments cost; None where not all of them are known, or one has no price.

    Only SMS are priced by the message: e-mail and push are paid by the plan.
    """
    if "segments" in reach.unknown:
        return None
    cost = Decimal(0)
    for country, count in reach.segments:
        price = prices.get(country, prices.get("*"))
        if price is None:
            return None
        if country == "?":
            # It may be any of them.
            price = max(prices.values())
        cost += price * count
    return cost


def _names(found: Reach, name: str) -> bool:
    """Whether a look-up says something of a member that can be unknown."""
    if name == "at":
        return found.at is not None
    if name == "sender_names":
        # An id is no name.
        names = [set(each.split("\n")) for each in found.senders]
        return bool(names) and not any(all(name.isdigit() for name in each) for each in names)
    return bool(getattr(found, name))


def _once(each: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(each))


def _both(one: Iterable[T], other: Iterable[T]) -> tuple[T, ...]:
    return _once((*one, *other))


def _senders(said: Sequence[str], found: Sequence[str]) -> tuple[str, ...]:
    """Each sender once, with all its names: what was looked up may call one of those said by its id."""
    known = [set(each.split("\n")) for each in found]
    left = [each for each in said if not any(set(each.split("\n")) <= names for names in known)]
    return _both(left, found)


def _more(one: Iterable[tuple[str, int]], other: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """By country the larger count: both count the same messages, one of them perhaps not all."""
    counts = dict(one)
    for country, count in other:
        counts[country] = max(count, counts.get(country, 0))
    return tuple(sorted(counts.items()))
