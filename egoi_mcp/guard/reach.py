"""What an action touches, in the words that the owner's policy uses.

Most of it is read from the requests themselves, whichever tool made them; what a request only points at
(a campaign's sender, a list's people) is added by whoever looked it up, and what nobody can know is named
in `unknown`, so that a rule about it can refuse instead of passing over it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Lists, senders, people, hosts and texts of an action.

    `recipients` are those named one by one, as E.164 numbers and e-mail addresses; `segments` counts
    SMS segments by country (`("PT", 12)`), `?` where the country is not known. `unknown` names the
    members that may hold more than is said. `at` is when people are reached, in seconds since the
    epoch, None for now.
    """

    lists: tuple[int, ...] = ()
    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    segments: tuple[tuple[str, int], ...] = ()
    hosts: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    promotional: bool = True
    at: float | None = None
