"""How much a request can do, as pure functions of the request.

The operation's own risk is the floor; what the request says can raise it, and nothing lowers it below.

- What raises is recognised in any spelling of a name (`callback_url`, `callbackUrl`) and at any depth. What
  keeps a request low counts only where it stands exactly as the vendor documents it: a misspelt `status` is
  one that the vendor does not see.
- What is not understood (an array where an object belongs, an unknown value) is taken for the stronger case.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

if TYPE_CHECKING:
    from egoi_mcp.api.catalog import JsonValue, Request

    Members: TypeAlias = Sequence[tuple[str, JsonValue]]


class Risk(IntEnum):
    """What a request does, weakest first; the order is how strictly it is treated."""

    READ = 0
    WRITE = 1
    CONSENT = 2
    DISCLOSE = 3
    SEND = 4
    DESTROY = 5


def risk_of(request: Request) -> Risk:
    """The risk of one request: never below its operation's, and a function of nothing but the request."""
    operation, body = request.operation, request.body
    members = _members(body)
    if members is None:
        return Risk.DESTROY
    found = [operation.risk, _disclosure(members)]
    if operation.risk > Risk.READ:
        found.append(_shape(operation.name, body))
        found.append(_rule(operation.api, operation.name)(body, members))
    return max(found)


def affected(request: Request) -> int | None:
    """How many contacts a request changes, as far as it says so itself; `None` when it does not.

    A segment, a whole list, and values of a field that several contacts may share are `None`.
    """
    key = (request.operation.api, request.operation.name)
    if request.operation.risk is Risk.READ or key in _NO_CONTACT:
        return 0
    if key in _ONE_CONTACT:
        return 1
    member = _LISTED_IN.get(key)
    listed = _listed(request.body, member) if member else None
    return None if listed is None else len(listed)


def repeatable(request: Request) -> bool:
    """Whether the same request may be sent again after a crash without asking anybody.

    Beyond what the catalog says of the operation: nothing above WRITE, and nothing whose audience may have
    changed in between.
    """
    low = request.operation.idempotent and risk_of(request) <= Risk.WRITE
    return low and affected(request) is not None


# -- which operations ----------------------------------------------------------------------------

_ARRAY_BODIES = {
    "ImportOrdersBulk",
    "sendSmsMessages",
    "sendEmailMessages",
    "sendPushMessages",
}
_NO_CONTACT = {
    ("egoi", "createSmsCampaign"),
    ("egoi", "createEmailCampaign"),
    ("egoi", "patchSmsCampaign"),
    ("egoi", "patchEmailCampaign"),
    ("egoi", "createTag"),
    ("egoi", "actionPauseOperation"),
    ("egoi", "ImportProducts"),
}
_ONE_CONTACT = {
    ("egoi", "createContact"),
    ("egoi", "patchContact"),
    ("egoi", "updateContactByField"),  # the field must be unique in the list
    ("txtsync", "AddContact"),
    ("txtsync", "UpdateContact"),
    ("txtsync", "UpdateContactByExternalReference"),
    ("txtsync", "DeleteContact"),
    ("txtsync", "DeleteContactByExternalReference"),
}
_LISTED_IN = {
    ("egoi", "actionAttachTag"): "contacts",
    ("egoi", "actionDetachTag"): "contacts",
    ("egoi", "actionActivateContacts"): "contacts",
    ("egoi", "actionDeactivateContacts"): "contacts",
    ("egoi", "actionForgetContacts"): "contacts",
    ("egoi", "actionImportBulk"): "contacts",
    ("egoi", "actionStartAutomation"): "contacts",
    ("egoi", "actionUpdateContacts"): "contacts",
    ("egoi", "actionUnsubscribeContact"): "data",
}
_CONTACT_ID = re.compile(r"[0-9a-fA-F]{10}")
_OTHER_SELECTORS = {"segmentid", "segments", "fieldid", "file"}


# -- what raises ---------------------------------------------------------------------------------

_CALLBACKS = {"callback", "callbackurl", "webhook", "webhookurl", "hookurl", "notificationurl", "notifyurl"}
_CHANNELS = {"emailstatus", "cellphonestatus", "phonestatus"}
_PUSH_TOKENS = {"pushtokenandroid", "pushtokenios"}
_STATUS_FIELDS = {"status", "consent"} | _CHANNELS
# A contact made with one of these cannot be written to yet.
_QUIET = ("inactive", "removed", "unconfirmed")
_CONSENT_GIVEN = {
    "any",
    "consent",
    "contract",
    "legitimate_interest",
    "protect_vital_interests",
    "public_interests",
    "required_by_law",
}


def _shape(name: str, body: JsonValue) -> Risk:
    expected = body is None or (_is_array(body) if name in _ARRAY_BODIES else isinstance(body, Mapping))
    return Risk.READ if expected else Risk.DESTROY


def _disclosure(members: Members) -> Risk:
    """Data leaves to an address, or to users, that the caller chose."""
    leaves = any((name in _CALLBACKS or name == "notify") and not _empty(value) for name, value in members)
    return Risk.DISCLOSE if leaves else Risk.READ


def _contact_changes(_body: JsonValue, members: Members) -> Risk:
    """A change of existing contacts at E-goi, wherever in the body it stands."""
    return max((_contact_change(name, value) for name, value in members), default=Risk.READ)


def _contact_change(name: str, value: JsonValue) -> Risk:
    if name == "status" or name in _CHANNELS:
        # `unconfirmed` silences an active contact; `null` is documented nowhere.
        return Risk.CONSENT if value == "active" else Risk.DESTROY
    if name == "consent":
        given = isinstance(value, str) and value in _CONSENT_GIVEN
        return Risk.CONSENT if given else Risk.DESTROY
    if name in _PUSH_TOKENS and not _empty(value):
        return Risk.CONSENT
    if name == "fieldid" and isinstance(value, str) and _folded(value) in _STATUS_FIELDS:
        # A column of a file that nobody has read here.
        return Risk.DESTROY
    return Risk.READ


def _new_contact(body: JsonValue, members: Members) -> Risk:
    """A new contact is active unless it says otherwise: that is the vendor's default."""
    base = body.get("base") if isinstance(body, Mapping) else None
    status = base.get("status") if isinstance(base, Mapping) else None
    loud = any(
        (name == "status" and value not in _QUIET)
        or (name in _CHANNELS and value != "inactive")
        or name == "consent"
        or (name in _PUSH_TOKENS and not _empty(value))
        for name, value in members
    )
    return Risk.WRITE if status in _QUIET and not loud else Risk.CONSENT


def _updated_contacts(body: JsonValue, members: Members) -> Risk:
    """Overwriting what a whole list or segment says cannot be undone."""
    listed = _listed(body, "contacts")
    named = bool(listed) and isinstance(body, Mapping) and body.get("type") == "contacts"
    return max(_contact_changes(body, members), Risk.WRITE if named else Risk.DESTROY)


def _detached_tag(body: JsonValue, _members: Members) -> Risk:
    """Who had a tag is known to nobody once it is off many contacts."""
    one = [str(contact) for contact in _listed(body, "contacts") or ()]
    return Risk.WRITE if len(one) == 1 and _CONTACT_ID.fullmatch(one[0]) else Risk.DESTROY


def _import(body: JsonValue, members: Members) -> Risk:
    erases = any(name == "forceempty" and value is not False for name, value in members)
    return Risk.DESTROY if erases else _contact_changes(body, members)


def _imported_products(_body: JsonValue, members: Members) -> Risk:
    replaces = any(name == "mode" and value not in ("add", "update") for name, value in members)
    return Risk.DESTROY if replaces else Risk.WRITE


def _new_txtsync_contact(body: JsonValue, members: Members) -> Risk:
    """Whether a contact may be written to when `AllowSMS` is absent is documented nowhere."""
    stated = isinstance(body, Mapping) and body.get("AllowSMS") is False
    quiet = stated and all(value is False for name, value in members if name == "allowsms")
    return Risk.WRITE if quiet else Risk.CONSENT


def _txtsync_change(_body: JsonValue, members: Members) -> Risk:
    changes = (
        Risk.CONSENT if value is True else Risk.DESTROY for name, value in members if name == "allowsms"
    )
    return max(changes, default=Risk.READ)


def _nothing_more(_body: JsonValue, _members: Members) -> Risk:
    return Risk.READ


_RULES: Mapping[tuple[str, str], Callable[[JsonValue, Members], Risk]] = {
    ("egoi", "createContact"): _new_contact,
    ("egoi", "actionUpdateContacts"): _updated_contacts,
    ("egoi", "actionDetachTag"): _detached_tag,
    ("egoi", "actionImportBulk"): _import,
    ("egoi", "ImportProducts"): _imported_products,
    ("txtsync", "AddContact"): _new_txtsync_contact,
}
_OTHERWISE: Mapping[str, Callable[[JsonValue, Members], Risk]] = {
    "egoi": _contact_changes,
    "txtsync": _txtsync_change,
}


def _rule(api: str, name: str) -> Callable[[JsonValue, Members], Risk]:
    return _RULES.get((api, name)) or _OTHERWISE.get(api, _nothing_more)


# -- reading a body ------------------------------------------------------------------------------

_MAX_DEPTH = 64


def _members(body: JsonValue) -> Members | None:
    """Every member of every object in a body, names folded; `None` when it nests without end."""
    found: list[tuple[str, JsonValue]] = []
    level: list[JsonValue] = [body]
    for _ in range(_MAX_DEPTH + 1):
        below: list[JsonValue] = []
        for value in level:
            if isinstance(value, Mapping):
                found.extend((_folded(str(name)), member) for name, member in value.items())
                below.extend(value.values())
            elif _is_array(value):
                below.extend(value)
        if not below:
            return found
        level = below
    return None


@lru_cache(maxsize=1024)
def _folded(name: str) -> str:
    """A member's name without case, separators and look-alike letters of other widths."""
    normal = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in normal if character.isalnum())


def _listed(body: JsonValue, member: str) -> Sequence[JsonValue] | None:
    """The array that alone says whom a request is about, when one does."""
    if not isinstance(body, Mapping):
        return None
    names = [_folded(str(name)) for name in body]
    listed = body.get(member)
    if names.count(member) != 1 or names.count("type") > 1 or _OTHER_SELECTORS.intersection(names):
        return None
    if not _is_array(listed) or body.get("type", "contacts") != "contacts":
        return None
    return listed


def _is_array(value: JsonValue) -> TypeGuard[Sequence[JsonValue]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _empty(value: JsonValue) -> bool:
    return value is None or (isinstance(value, str | Mapping | Sequence) and not value)
