"""When something is sent: now, or at a time that is the same instant for everybody who reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from egoi_mcp.errors import InvalidInput

SCHEDULE_MARGIN_SECONDS = 30.0
"""A send that begins later than so long before its time would no longer be a scheduled one."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A time: in the vendor's form (local to the account, no offset), in a preview's, in epoch seconds."""

    vendor: str
    label: str
    at: float


def schedule(when: str, account_timezone: str | None, *, now: datetime) -> Schedule | None:
    """Read `now` or an ISO 8601 time; None means now.

    A time without an offset is the account's local time. The vendor's own times carry no zone, so
    without a known one nothing is scheduled.

    Raises:
        InvalidInput: no zone is known, or the time is past, does not exist, or is no time.
    """
    if when == "now":
        return None
    if account_timezone is None:
        raise InvalidInput(
            "when: scheduling needs the account's time zone, which the vendor does not tell. Nothing was "
            "sent. The owner sets EGOI_ACCOUNT_TIMEZONE, such as Europe/Lisbon; until then only now works."
        )
    zone = ZoneInfo(account_timezone)
    try:
        local = _in_zone(datetime.fromisoformat(when), zone)
        label = _label(local, account_timezone)
        exists = local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(
            "when: is no time of the calendar. Nothing was sent. Write now, or a time such as "
            "2030-03-01T09:30."
        ) from error
    if not exists:
        raise InvalidInput(
            f"when: {when} does not exist in {account_timezone}: the clocks skip it. Nothing was sent. "
            "Choose another time."
        )
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        raise InvalidInput(
            f"when: {when} comes twice in {account_timezone}: the clocks go back, and the vendor's form "
            "cannot say which one is meant. Nothing was sent. Choose another time."
        )
    if local <= now + timedelta(minutes=1):
        raise InvalidInput(
            "when: is past, or less than a minute ahead. Nothing was sent. Write now, or a later time."
        )
    return Schedule(vendor=local.strftime("%Y-%m-%d %H:%M:%S"), label=label, at=local.timestamp())


def _in_zone(given: datetime, zone: ZoneInfo) -> datetime:
    return given.replace(tzinfo=zone) if given.tzinfo is None else given.astimezone(zone)


def _label(local: datetime, zone_name: str) -> str:
    """`Friday 2030-03-01 09:30 Europe/Lisbon (UTC+00:00), 2030-03-01 09:30 UTC`."""
    offset = local.strftime("%z")
    form = "%Y-%m-%d %H:%M:%S" if local.second else "%Y-%m-%d %H:%M"
    return (
        f"{local.strftime('%A')} {local.strftime(form)} {zone_name} (UTC{offset[:3]}:{offset[3:5]}), "
        f"{local.astimezone(UTC).strftime(form)} UTC"
    )
