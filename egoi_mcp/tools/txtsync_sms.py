"""What only TxtSync takes with an SMS: tags whose contacts get it, a time, words that replies bring back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from egoi_mcp.api.catalog import JsonValue, Request, operation
from egoi_mcp.errors import InvalidInput
from egoi_mcp.phones import Phone
from egoi_mcp.tools.times import Schedule, schedule

_MEMBERS: Mapping[str, str] = {
    "regarding_reference": "RegardingReference",
    "regarding_schema": "RegardingSchema",
    "custom01": "Custom01",
    "custom02": "Custom02",
    "custom03": "Custom03",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TxtSyncOptions:
    """What a send was given beside numbers, sender and text."""

    tags: tuple[str, ...] = ()
    at: Schedule | None = None
    details: Mapping[str, str] | None = None

    def facts(self) -> dict[str, str]:
        """The options as a preview names them."""
        found: dict[str, str] = {}
        if self.tags:
            found["everybody with a tag"] = ", ".join(self.tags)
        return found | {name.replace("_", " "): value for name, value in (self.details or {}).items()}

    def warnings(self) -> tuple[str, ...]:
        """What nobody can say ahead."""
        if not self.tags:
            return ()
        return (
            "TxtSync does not tell how many contacts have a tag: everybody with one who allows SMS gets it",
        )


def txtsync_options(
    *,
    tags: Sequence[str] | None,
    when: str,
    details: Mapping[str, str] | None,
    several: bool,
    zone: str | None,
    now: datetime,
) -> TxtSyncOptions:
    """The options, where TxtSync takes them together; `several` says that the send is not to one number.

    Raises:
        InvalidInput: a name is wrong, the time cannot be used, or only a send to one number takes it.
    """
    named = tuple(dict.fromkeys(tag.strip() for tag in tags or ()))
    if not all(named):
        raise InvalidInput("to_tags: a tag's name is not empty. Nothing was sent.")
    unknown = [name for name in details or {} if name not in _MEMBERS]
    if unknown:
        raise InvalidInput(f"details: takes {', '.join(_MEMBERS)}. Nothing was sent.")
    at = _scheduled(when, zone, now=now)
    for name, given in (("when", at is not None), ("details", bool(details))):
        if given and (several or named):
            raise InvalidInput(
                f"{name}: TxtSync takes it for one number only. Leave it out, or send to one number a call. "
                "Nothing was sent."
            )
    return TxtSyncOptions(tags=named, at=at, details=details or None)


def _scheduled(when: str, zone: str | None, *, now: datetime) -> Schedule | None:
    """TxtSync's times carry their zone, so one with an offset needs no zone of the account."""
    if zone is None and when != "now":
        try:
            says_zone = datetime.fromisoformat(when).tzinfo is not None
        except ValueError:
            says_zone = True
        zone = "UTC" if says_zone else None
    return schedule(when, zone, now=now)


def txtsync_requests(
    phones: Sequence[Phone], sender: str, message: str, options: TxtSyncOptions
) -> tuple[Request, ...]:
    """One number by the call that answers a receipt, several and tags by the one that takes them at once.

    Source: TxtSync connector, `SendSMS` and `SendBulkSMS`.
    """
    body: dict[str, JsonValue] = {"From": sender, "Message": message}
    if len(phones) == 1 and not options.tags:
        body["To"] = phones[0].e164
        body |= {_MEMBERS[name]: value for name, value in (options.details or {}).items()}
        if options.at is not None:
            body["ScheduledDate"] = datetime.fromtimestamp(options.at.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return (Request(operation=operation("txtsync", "SendSMS"), body=body),)
    if phones:
        body["To"] = [phone.e164 for phone in phones]
    if options.tags:
        body["ToTagName"] = list(options.tags)
    return (Request(operation=operation("txtsync", "SendBulkSMS"), body=body),)
