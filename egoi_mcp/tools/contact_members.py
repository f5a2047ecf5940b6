"""The members of vendors' contacts by name: what there is, what of it is personal, and what was asked for.

A member inside another is named with a dot (`email_stats.opens`), an extra field of E-goi `extra_12`, an
attribute of Intercom's own `custom_attributes.plan`. What this module does not know is shown all the same
where everything may be seen, and counts as personal where it may not.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from egoi_mcp.errors import InvalidInput
from egoi_mcp.models.vendor_json import Json, flattened, mapping, objects, text, texts
from egoi_mcp.phones import parse_phone
from egoi_mcp.pii import Pii, show_email, show_name, show_phone
from egoi_mcp.settings import Provider

_EGOI_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})")
_NO_DATE = "0000-00-00"
_LATEST_SECOND = 253_402_300_799
"""The end of the year 9999."""
_FEWEST_DIGITS = 7
"""From so many digits on, and without letters, a reference may be a phone number."""

_BASE_OPEN = (
    *("contact_id", "status", "consent", "consent_date", "subscription_method", "subscription_date"),
    *("subscription_form", "unsubscription_method", "unsubscription_reason", "unsubscription_date"),
    *("change_date", "language", "email_status", "cellphone_status", "phone_status"),
)
_BASE_PERSONAL = ("first_name", "last_name", "birth_date", "email", "cellphone", "phone")
_STATISTICS: Mapping[str, tuple[str, ...]] = {
    "email_stats": (
        *("sent", "opens", "clicks", "soft_bounces", "hard_bounces", "forwards", "conversions"),
        *("social_actions", "last_send_date", "last_open_date", "last_click_date"),
    ),
    "sms_stats": ("sent", "delivered"),
    "push_stats": ("sent", "delivered", "not_delivered", "views", "clicks", "last_view_date"),
    "webpush_stats": (
        *("sent", "delivered", "clicks", "bounces"),
        *("last_send_date", "last_delivery_date", "last_click_date", "last_bounce_date"),
    ),
    "voice_stats": ("sent", "answered"),
    "traffic_stats": tuple(f"utm.utm_{each}" for each in ("source", "medium", "campaign", "content", "term")),
}
_EGOI_PERSONAL = (
    *_BASE_PERSONAL,
    *("unsubscription_observation", "push_token_android.app_id", "push_token_android.token"),
    *("push_token_ios.app_id", "push_token_ios.token"),
    *("email_stats.last_open_country", "email_stats.last_open_region", "email_stats.last_open_city"),
    "traffic_stats.referrer.referrer",
    *(f"traffic_stats.advertising.{each}" for each in ("gclid", "msclkid", "fbclid")),
)
_TXTSYNC_OPEN = (
    *("ContactID", "ExternalReference", "OverallRating", "TotalDistinctLinkClicks", "TotalLinksSent"),
    *("TotalInboundSMS", "TotalOutboundSMS", "TotalFailedSMS", "LastCommunicationDate", "AllowSMS"),
    "Country",
)
_TXTSYNC_PERSONAL = (
    *("FirstName", "LastName", "FullName", "MobileNumber", "EmailAddress", "CompanyName"),
    *("AddressLine1", "AddressLine2", "City", "Postcode", "County"),
    *(f"Custom0{number}" for number in range(1, 6)),
)
_INTERCOM_OPEN = (
    *("type", "id", "external_id", "workspace_id", "role", "owner_id", "has_hard_bounced"),
    *("marked_email_as_spam", "unsubscribed_from_emails", "created_at", "updated_at", "signed_up_at"),
    *("last_seen_at", "last_replied_at", "last_contacted_at", "last_email_opened_at"),
    *("last_email_clicked_at", "language_override", "browser", "browser_version", "browser_language", "os"),
    *("android_app_name", "android_app_version", "android_device", "android_os_version"),
    *("android_sdk_version", "android_last_seen_at", "ios_app_name", "ios_app_version", "ios_device"),
    *("ios_os_version", "ios_sdk_version", "ios_last_seen_at", "enabled_push_messaging"),
    *(
        f"{group}.{member}"
        for group in ("tags", "notes", "companies")
        for member in ("type", "data.type", "data.id", "data.url", "url", "total_count", "has_more")
    ),
    *(f"merge_history.{each}" for each in ("type", "source_contact_id", "source_contact_role", "merged_at")),
)
_INTERCOM_PERSONAL = (
    *("email", "email_domain", "phone", "name", "avatar.type", "avatar.image_url", "location.type"),
    *("location.country", "location.region", "location.city", "social_profiles.type"),
    *(f"social_profiles.data.{each}" for each in ("type", "name", "url")),
)
_OPEN: Mapping[Provider, frozenset[str]] = {
    "egoi": frozenset({*_BASE_OPEN, *(f"{n}.{m}" for n, held in _STATISTICS.items() for m in held)}),
    "txtsync": frozenset(_TXTSYNC_OPEN),
    "intercom": frozenset(_INTERCOM_OPEN),
}
KNOWN: Mapping[Provider, frozenset[str]] = {
    "egoi": _OPEN["egoi"] | {*_EGOI_PERSONAL},
    "txtsync": _OPEN["txtsync"] | {*_TXTSYNC_PERSONAL},
    "intercom": _OPEN["intercom"] | {*_INTERCOM_PERSONAL},
}
"""The members that the vendors' documents name; a test holds them against those."""
_DYNAMIC: Mapping[Provider, re.Pattern[str]] = {
    "egoi": re.compile(r"extra_\d{1,18}(\.status)?"),
    "txtsync": re.compile(r"(?!)"),
    "intercom": re.compile(r"custom_attributes\..{1,190}", re.DOTALL),
}
_EMAILS = frozenset({"email", "EmailAddress"})
_PHONES = frozenset({"cellphone", "phone", "MobileNumber"})
_NAMES = frozenset({"first_name", "last_name", "FirstName", "LastName", "FullName", "name"})
_REFERENCES = frozenset({"ExternalReference", "external_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a caller asked to see beside the summary: `everything`, or the members of these names, if any."""

    pii: Pii
    everything: bool = False
    names: frozenset[str] = field(default_factory=frozenset[str])

    def of(self, provider: Provider, row: Json) -> dict[str, str] | None:
        """The members of a vendor's row that were asked for and may be seen; None where none were."""
        if not self.everything and not self.names:
            return None
        found = {
            name: shown
            for name, value in members_of(provider, row).items()
            if self._is_asked(name) and (shown := _seen(provider, name, value, self.pii)) is not None
        }
        return found if found or self.everything else None

    def _is_asked(self, name: str) -> bool:
        folded = name.casefold()
        return (
            self.everything
            or folded in self.names
            or any(folded.startswith(f"{each}.") for each in self.names)
        )


def wanted(pii: Pii, detail: str, fields: Sequence[str] | None, providers: Sequence[Provider]) -> Wanted:
    """What to show beside the summary, for these providers.

    Raises:
        InvalidInput: a name that none of the providers has; the text holds the nearest that one has.
    """
    if fields is None:
        return Wanted(pii=pii, everything=detail == "full")
    return Wanted(pii=pii, names=frozenset(_checked(each.strip(), providers) for each in fields))


def _checked(name: str, providers: Sequence[Provider]) -> str:
    folded = name.casefold()
    known = {each for provider in providers for each in KNOWN[provider]}
    known |= {each.split(".")[0] for each in known}
    known |= {"custom_attributes"} if "intercom" in providers else set()
    by_folded = {each.casefold(): each for each in known}
    if folded in by_folded or any(_DYNAMIC[provider].fullmatch(folded) for provider in providers):
        return folded
    near = difflib.get_close_matches(folded, sorted(by_folded), n=1, cutoff=0.5)
    meant = f" Did you mean {by_folded[near[0]]!r}?" if near else ""
    raise InvalidInput(
        f"fields: {' and '.join(providers)} has no member of one of these names.{meant} "
        "detail='full' shows every name. Nothing was changed."
    )


def members_of(provider: Provider, row: Json) -> dict[str, str]:
    """Every member of a vendor's contact that holds anything, by name, readable."""
    if provider == "egoi":
        rest = {name: value for name, value in row.items() if name not in {"base", "extra", "tags"}}
        found = {**flattened(mapping(row.get("base"))), **dict(_extra(row)), **flattened(rest)}
    else:
        found = flattened(row)
    return {name: _readable(provider, name, value) for name, value in found.items() if value[:10] != _NO_DATE}


def _extra(row: Json) -> Iterator[tuple[str, str]]:
    for each in objects(row.get("extra")):
        number = text(each, "field_id")
        if number is None:
            continue
        # As list_audiences (kind fields) calls it.
        name = number if number.startswith("extra_") else f"extra_{number}"
        if said := text(each, "value") or ", ".join(texts(each, "value")):
            phone = text(each, "format") in {"cellphone", "phone"}
            yield name, (e164(said) or said) if phone else said
        if status := text(each, "status"):
            yield f"{name}.status", status


def _readable(provider: Provider, name: str, value: str) -> str:
    """Phones in E.164 and times in ISO 8601; everything else as it stands."""
    if name in _PHONES:
        return (international(value) if provider == "txtsync" else e164(value)) or value
    if provider == "intercom" and name.endswith("_at"):
        return moment(value) or value
    return plain_time(value) or value if provider == "egoi" and not name.startswith("extra_") else value


def international(value: str | None) -> str | None:
    """TxtSync's number in E.164, which it may give without the plus; as it stands where it is none."""
    if value is not None and value.isascii() and value.isdecimal() and not value.startswith("0"):
        try:
            return parse_phone(f"+{value}").e164
        except InvalidInput:
            return value
    return e164(value)


def plain_time(value: str | None) -> str | None:
    """E-goi's time in the form of ISO 8601, without an offset, because none is known; a date as it is."""
    if value is None or value.startswith(_NO_DATE):
        return None
    found = _EGOI_TIME.fullmatch(value)
    return f"{found[1]}T{found[2]}" if found else value


def moment(value: str | None) -> str | None:
    """Seconds since 1970 as a time of UTC; None where they are none."""
    if value is None or not value.isascii() or not value.isdecimal() or int(value[:18]) > _LATEST_SECOND:
        return None
    return datetime.fromtimestamp(int(value), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def e164(value: str | None) -> str | None:
    """A vendor's number in E.164; as it stands where it is none."""
    if value is None:
        return None
    try:
        return parse_phone(value).e164
    except InvalidInput:
        return value


def reference(value: str | None, pii: Pii) -> str | None:
    """The customer's own id: other tools need it, so it shows, unless it is an address or a number."""
    if value is None or pii == "full":
        return value
    digits = sum(character.isdigit() for character in value)
    letters = any(character.isalpha() for character in value)
    return None if "@" in value or (digits >= _FEWEST_DIGITS and not letters) else value


def _seen(provider: Provider, name: str, value: str, pii: Pii) -> str | None:
    """The value as the setting lets it be seen; None where it may not be."""
    if pii == "full":
        return value
    if name in _REFERENCES:
        return reference(value, pii)
    if name in _OPEN[provider]:
        return value
    shows = {**dict.fromkeys(_EMAILS, show_email), **dict.fromkeys(_PHONES, show_phone)}
    show = {**shows, **dict.fromkeys(_NAMES, show_name)}.get(name)
    return show(value, pii) if show is not None else None
