"""What the table of country rules says of one send."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from egoi_mcp.phones import Phone, country_counts
from egoi_mcp.sms_warnings import has_opt_out
from egoi_mcp.tools.local_times import moments_by_country
from egoi_mcp.tools.times import Schedule


def warnings_of_countries(
    people: Sequence[Phone],
    text: str,
    *,
    sender_is_name: bool,
    promotional: bool,
    at: Schedule | None,
    now: datetime,
) -> tuple[str, ...]:
    """What is usual where these people are, as far as this send is otherwise."""
    # Imported here: a server that sends nothing never reads the table.
    from egoi_mcp.country_rules import Message, country_warnings

    moment = now if at is None else datetime.fromtimestamp(at.at, UTC)
    message = Message(
        sender_is_name=sender_is_name,
        promotional=promotional,
        offers_a_way_out=has_opt_out(text),
        local=moments_by_country(moment, people) if promotional else {},
    )
    return country_warnings(country_counts(people), message)
