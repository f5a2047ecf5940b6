"""The people of a list or of segments, read one by one where they are few: who is reached, and why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from egoi_mcp.api.client import ApiClient
from egoi_mcp.errors import ApiError, InvalidInput
from egoi_mcp.models.preview import Audience, Check, Excluded
from egoi_mcp.models.vendor_json import Json, mapping, objects, text
from egoi_mcp.phones import Phone, country_counts, parse_phone
from egoi_mcp.tools.suppressed_numbers import checked_against, suppressed_numbers
from egoi_mcp.tools.vendor import PAGE, read

MOST_LISTED = 2000
"""Two pages of contacts: for more of them a preview would take long, and their vendor counts them anyway."""
BY_VENDOR = "E-goi leaves them out itself when it sends"


@dataclass(slots=True)
class ListedPeople:
    """Everybody in an audience, each once: `count` of them, and how many are left out for which reason.

    `phones` are those whom an SMS reaches; of an email nobody's country is known.
    """

    count: int = 0
    reached: int = 0
    phones: list[Phone] = field(default_factory=list[Phone])
    excluded: Counter[str] = field(default_factory=Counter[str])
    checks: list[Check] = field(default_factory=list[Check])

    def audience(self) -> Audience:
        """Who of them is reached and who is not, as a preview says it."""
        return Audience(
            by_country=country_counts(self.phones),
            excluded=tuple(Excluded(reason=reason, count=count) for reason, count in self.excluded.items()),
            checks=tuple(self.checks),
        )


def unlisted(count: int | None, *, why: str) -> Audience:
    """What is said of people who were not read one by one."""
    many = count or 0
    return Audience(
        checks=(
            Check(against="addresses and countries of its contacts", checked=0, unchecked=many, why=why),
            Check(against="suppression list", checked=0, unchecked=many, why=BY_VENDOR),
        )
    )


async def people_of(
    client: ApiClient, channel: str, list_id: int, segments: Sequence[str] | None, expected: int | None
) -> ListedPeople | None:
    """Everybody in these segments, or in the whole list; None where they are too many or cannot be read.

    Source: E-goi v3, `getAllContacts` and `getAllContactsBySegment`.
    """
    if expected is None or expected > MOST_LISTED:
        return None
    rows: dict[str, Json] = {}
    try:
        for segment in segments if segments is not None else (None,):
            found = await _rows(client, list_id, segment)
            if found is None:
                return None
            rows |= {
                text(base, "contact_id") or f"{segment}/{index}": base for index, base in enumerate(found)
            }
        return await sorted_out(client, channel, list(rows.values()))
    except ApiError:
        # The audience is counted already, and E-goi itself leaves out whom it has to.
        return None


async def sorted_out(client: ApiClient, channel: str, bases: Sequence[Json]) -> ListedPeople:
    """Who of these contacts is reached, by their base members.

    Raises:
        ApiError: the suppression list could not be read.
    """
    people = _by_status(channel, bases)
    await _check_suppression(client, channel, people)
    return people


async def _rows(client: ApiClient, list_id: int, segment: str | None) -> list[Json] | None:
    """The base members of the contacts; None where there are more than a preview looks at."""
    path: dict[str, str | int] = {"list_id": list_id}
    path |= {} if segment is None else {"segment_id": segment}
    name = "getAllContacts" if segment is None else "getAllContactsBySegment"
    found: list[Json] = []
    for offset in range(0, MOST_LISTED, PAGE):
        rows = list(
            objects(await read(client, "egoi", name, path=path, query={"offset": offset, "limit": PAGE}))
        )
        found += [mapping(row.get("base")) for row in rows]
        if len(rows) < PAGE:
            return found
    return None


def _by_status(channel: str, bases: Sequence[Json]) -> ListedPeople:
    people = ListedPeople(count=len(bases))
    member = "email" if channel == "email" else "cellphone"
    what = "an e-mail address" if channel == "email" else "a mobile number"
    for base in bases:
        status = text(base, "status") or "active"
        address = text(base, member)
        if status != "active":
            people.excluded["unsubscribed" if status == "removed" else status] += 1
        elif address is None:
            people.excluded[f"without {what}"] += 1
        elif text(base, f"{member}_status") == "inactive":
            people.excluded[f"with {what} that is switched off"] += 1
        elif channel == "email":
            people.reached += 1
        else:
            try:
                people.phones.append(parse_phone(address))
                people.reached += 1
            except InvalidInput:
                people.excluded["invalid"] += 1
    people.checks.append(Check(against="status and addresses in the list", checked=people.count))
    return people


async def _check_suppression(client: ApiClient, channel: str, people: ListedPeople) -> None:
    """Numbers are held against the list; addresses are not: it names parts of them as well."""
    if channel == "email":
        people.checks.append(
            Check(against="suppression list", checked=0, unchecked=people.reached, why=BY_VENDOR)
        )
        return
    suppressed = await suppressed_numbers(client)
    kept = [phone for phone in people.phones if phone.e164 not in suppressed]
    gone, looked_at = len(people.phones) - len(kept), len(people.phones)
    if gone:
        people.excluded["on the suppression list"] += gone
    people.phones, people.reached = kept, len(kept)
    people.checks.append(
        Check(
            against=checked_against(suppressed),
            checked=looked_at if suppressed.complete else gone,
            unchecked=0 if suppressed.complete else len(kept),
            why="" if suppressed.complete else f"older entries were not read; {BY_VENDOR}",
        )
    )
