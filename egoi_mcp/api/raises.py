"""What a request can say that makes it more than its operation, as one table.

Two habits keep the table safe. What raises is recognised in any spelling of a name and at any depth. What
keeps a request low counts only where it stands exactly as the vendor documents it: a misspelt `status` is one
that the vendor does not see. And what is not understood is taken for the stronger case.

What stays out of it, and why. A `link`, and the pictures in a message's HTML, are opened by those who get the
message, and that is shown whole before it is sent. Whether a campaign is scheduled already is not in the
request, so it cannot be judged here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from egoi_mcp.api.members import Said, at, folded, is_array, is_empty, listed, names_address
from egoi_mcp.api.risk_level import Risk

if TYPE_CHECKING:
    from egoi_mcp.api.catalog import Api, JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """One way in which a request is more than its operation.

    It holds for the operations `only`, or for all of `api` (or of all APIs) but those in `but`; for
    operations that only look it holds where `reads` says so. `named` and `valued` look at each member,
    names folded; `says` looks at the request as a whole. `what` and `why` are for people.
    """

    what: str
    risk: Risk
    why: str
    api: Api | None = None
    only: frozenset[str] = frozenset()
    but: frozenset[str] = frozenset()
    reads: bool = False
    named: Callable[[str], bool] | None = None
    valued: Callable[[JsonValue], bool] | None = None
    says: Callable[[Said], bool] | None = None

    def holds_for(self, api: Api, name: str, floor: Risk) -> bool:
        """Whether requests to an operation can be raised by it."""
        ours = self.api in {None, api} and (not self.only or name in self.only)
        return ours and name not in self.but and (self.reads or floor > Risk.READ)


# -- names -----------------------------------------------------------------------------------------

_ADDRESSES = re.compile(
    r".*(ur[il]s?|href|webhooks?|callbacks?|hooks?|feeds?|endpoints?)|(notify|callback).*"
)
_MEDIA = re.compile(r"file|audio|video|sound|icon|avatar|logo|photo|picture|.*image(link)?")
_PUSH_TOKENS = re.compile(r"pushtoken.*")
_OPT_IN = re.compile(r"consent.+|subscription.*|.*optin.*")
_OPT_OUT = re.compile(r"unsubscri.*|.*optout.*")


def _any_of(*patterns: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda name: any(pattern.fullmatch(name) for pattern in patterns)


def _is(*names: str) -> Callable[[str], bool]:
    return frozenset(names).__contains__


def _is_status(name: str) -> bool:
    return name.endswith("status") and name != "orderstatus"


def _speaks_of_consent(name: str) -> bool:
    return _is_status(name) or name == "consent" or _any_of(_PUSH_TOKENS, _OPT_IN, _OPT_OUT)(name)


# -- values ----------------------------------------------------------------------------------------

_CONSENT_GIVEN = (
    "any",
    "consent",
    "contract",
    "legitimate_interest",
    "protect_vital_interests",
    "public_interests",
    "required_by_law",
)
# A contact made with one of these can be written to by nobody, and is not asked either.
_QUIET = ("inactive", "removed")
_CONTACT_ID = re.compile(r"[0-9a-fA-F]{10}")
OTHER_SELECTORS = frozenset({"segmentid", "segments", "fieldid", "file"})
"""Members that say whom a request is about, beside a list of contacts."""


def _one_of(*values: JsonValue) -> Callable[[JsonValue], bool]:
    return lambda value: any(value is each or (value == each and isinstance(value, str)) for each in values)


def _but(*values: JsonValue) -> Callable[[JsonValue], bool]:
    fits = _one_of(*values)
    return lambda value: not fits(value)


def _filled(value: JsonValue) -> bool:
    return not is_empty(value)


def _said(value: JsonValue) -> bool:
    """Filled, and no mere yes or no: that is how a report is asked for a column of the name."""
    return not is_empty(value) and not isinstance(value, bool)


def _column_of_consent(value: JsonValue) -> bool:
    if not isinstance(value, str):
        return False
    name = folded(value)
    return _speaks_of_consent(name) or not name.isascii()


# -- whole requests --------------------------------------------------------------------------------

ARRAY_BODIES: frozenset[tuple[Api, str]] = frozenset(
    {
        ("egoi", "ImportOrdersBulk"),
        ("transactional", "sendSmsMessages"),
        ("transactional", "sendEmailMessages"),
        ("transactional", "sendPushMessages"),
    }
)
"""Operations whose body is an array; every other body is an object."""


def _unread(said: Said) -> bool:
    return not said.complete


def _undocumented_shape(said: Said) -> bool:
    if (said.operation.api, said.operation.name) in ARRAY_BODIES:
        return said.body is not None and not is_array(said.body)
    return said.body is not None and not isinstance(said.body, Mapping)


def _not_plainly_named(said: Said) -> bool:
    contacts = listed(said.body, "contacts", unless=OTHER_SELECTORS)
    return not contacts or at(said.body, "type") != "contacts"


def _not_one_contact(said: Said) -> bool:
    contacts = listed(said.body, "contacts", unless=OTHER_SELECTORS) or ()
    return len(contacts) != 1 or not _CONTACT_ID.fullmatch(str(contacts[0]))


def _new_at_egoi_can_be_written_to(said: Said) -> bool:
    loud = any(
        name == "consent"
        or (_is_status(name) and value not in _QUIET)
        or (_any_of(_PUSH_TOKENS, _OPT_IN)(name) and _said(value))
        for name, value in said.members
    )
    return loud or at(said.body, "base", "status") not in _QUIET


def _new_at_egoi_is_asked(said: Said) -> bool:
    return any(_is_status(name) and value not in ("active", *_QUIET) for name, value in said.members)


def _new_at_txtsync_can_be_written_to(said: Said) -> bool:
    loud = any(name.startswith("allow") and value is not False for name, value in said.members)
    return loud or at(said.body, "AllowSMS") is not False


def _new_at_intercom_can_be_written_to(said: Said) -> bool:
    loud = any(_OPT_OUT.fullmatch(name) and value is not True for name, value in said.members)
    return loud or at(said.body, "unsubscribed_from_emails") is not True


def _not_an_opt_in(said: Said) -> bool:
    kinds = [value for name, value in said.members if name == "consenttype"]
    return at(said.body, "consent_type") != "opt_in" or kinds != ["opt_in"]


# -- the table -------------------------------------------------------------------------------------

_NEW_EGOI, _NEW_TXTSYNC = frozenset({"createContact"}), frozenset({"AddContact"})
_NEW_INTERCOM = frozenset({"CreateContact"})
# Their `url` is a switch: it asks for a breakdown by link.
_BY_LINK = frozenset({"getEmailReport", "getWebPushReport"})

RAISES: tuple[Raise, ...] = (
    # any request, one that looks included
    Raise(
        what="a body that nests deeper than 64 levels",
        risk=Risk.DESTROY,
        why="it was not read to its end",
        reads=True,
        says=_unread,
    ),
    Raise(
        what="a name with letters beyond ASCII (accents and full-width letters are folded)",
        risk=Risk.DESTROY,
        why="no document has such a name, and it may look like one that it has",
        reads=True,
        named=lambda name: not name.isascii(),
    ),
    Raise(
        what="an address: `notify`, `callback_url`, a `feed`, and what else ends in url, webhook, endpoint",
        risk=Risk.DISCLOSE,
        why="the vendor writes there, or fetches it, and the address itself can carry data",
        but=_BY_LINK,
        reads=True,
        named=_any_of(_ADDRESSES),
        valued=_filled,
    ),
    # any request that does something
    Raise(
        what="a body of a shape that is not documented",
        risk=Risk.DESTROY,
        why="nobody knows what the vendor makes of it",
        says=_undocumented_shape,
    ),
    Raise(
        what="a picture, sound or file that is named by an address",
        risk=Risk.DISCLOSE,
        why="the vendor may fetch it, and the address itself can carry data",
        named=_any_of(_MEDIA),
        valued=names_address,
    ),
    Raise(
        what="a time to go out at: `schedule_date`, and whatever else begins with schedule",
        risk=Risk.SEND,
        why="it goes out, or live, by itself",
        named=lambda name: name.startswith("schedule"),
        valued=_filled,
    ),
    # contacts at E-goi
    Raise(
        what="not plainly `inactive` or `removed` (absent means active), or with a consent or a push token",
        risk=Risk.CONSENT,
        why="the new contact may be written to",
        api="egoi",
        only=_NEW_EGOI,
        says=_new_at_egoi_can_be_written_to,
    ),
    Raise(
        what="a status that is none of `active`, `inactive`, `removed`, such as `unconfirmed`",
        risk=Risk.SEND,
        why="the vendor may ask the new contact, by message, to confirm",
        api="egoi",
        only=_NEW_EGOI,
        says=_new_at_egoi_is_asked,
    ),
    Raise(
        what="a status, or a channel's status, that is `active`",
        risk=Risk.CONSENT,
        why="somebody may be written to again",
        api="egoi",
        but=_NEW_EGOI,
        named=_is_status,
        valued=_one_of("active"),
    ),
    Raise(
        what="a status, or a channel's status, that is anything else",
        risk=Risk.DESTROY,
        why="it silences; `unconfirmed` silences somebody active, and null is documented nowhere",
        api="egoi",
        but=_NEW_EGOI,
        named=_is_status,
        valued=_but("active"),
    ),
    Raise(
        what="a `consent` that is given, on whatever legal basis",
        risk=Risk.CONSENT,
        why="it says that somebody may be written to",
        api="egoi",
        but=_NEW_EGOI,
        named=_is("consent"),
        valued=_one_of(*_CONSENT_GIVEN),
    ),
    Raise(
        what="a `consent` that is anything else: `withdrawn`, `none`, an unknown value",
        risk=Risk.DESTROY,
        why="it silences somebody",
        api="egoi",
        but=_NEW_EGOI,
        named=_is("consent"),
        valued=_but(*_CONSENT_GIVEN),
    ),
    Raise(
        what="how or when somebody consented, subscribed or opted in; a push token",
        risk=Risk.CONSENT,
        why="it is kept as the proof that somebody may be written to",
        api="egoi",
        but=_NEW_EGOI,
        named=_any_of(_PUSH_TOKENS, _OPT_IN),
        valued=_said,
    ),
    Raise(
        what="how, when or why somebody unsubscribed or opted out",
        risk=Risk.DESTROY,
        why="it silences somebody",
        api="egoi",
        named=_any_of(_OPT_OUT),
        valued=_said,
    ),
    Raise(
        what="a `field_id` that names one of these (a column of a file)",
        risk=Risk.DESTROY,
        why="nobody has read the column here",
        api="egoi",
        named=_is("fieldid"),
        valued=_column_of_consent,
    ),
    Raise(
        what="not plainly named contacts: a segment, the whole list",
        risk=Risk.DESTROY,
        why="who was what before is known to nobody",
        api="egoi",
        only=frozenset({"actionUpdateContacts", "actionActivateContacts"}),
        says=_not_plainly_named,
    ),
    Raise(
        what="anything but exactly one contact, named by id",
        risk=Risk.DESTROY,
        why="who had the tag is known to nobody once it is off many contacts",
        api="egoi",
        only=frozenset({"actionDetachTag"}),
        says=_not_one_contact,
    ),
    Raise(
        what="a `force_empty` that is not false",
        risk=Risk.DESTROY,
        why="it erases what empty columns stand for",
        api="egoi",
        named=_is("forceempty"),
        valued=_but(False),
    ),
    Raise(
        what="a `mode` that is neither `add` nor `update`",
        risk=Risk.DESTROY,
        why="it replaces the whole catalog of products",
        api="egoi",
        only=frozenset({"ImportProducts"}),
        named=_is("mode"),
        valued=_but("add", "update"),
    ),
    # contacts at TxtSync
    Raise(
        what="not plainly `AllowSMS: false`",
        risk=Risk.CONSENT,
        why="whether a new contact may be written to when nothing is said is documented nowhere",
        api="txtsync",
        only=_NEW_TXTSYNC,
        says=_new_at_txtsync_can_be_written_to,
    ),
    Raise(
        what="`AllowSMS: true`",
        risk=Risk.CONSENT,
        why="somebody may be written to",
        api="txtsync",
        but=_NEW_TXTSYNC,
        named=lambda name: name.startswith("allow"),
        valued=_one_of(True),
    ),
    Raise(
        what="an `AllowSMS` that is anything else",
        risk=Risk.DESTROY,
        why="it silences somebody",
        api="txtsync",
        but=_NEW_TXTSYNC,
        named=lambda name: name.startswith("allow"),
        valued=_but(True),
    ),
    # Intercom
    Raise(
        what="not plainly `unsubscribed_from_emails: true`",
        risk=Risk.CONSENT,
        why="the new contact may be written to",
        api="intercom",
        only=_NEW_INTERCOM,
        says=_new_at_intercom_can_be_written_to,
    ),
    Raise(
        what="`unsubscribed_from_emails: false`",
        risk=Risk.CONSENT,
        why="somebody may be written to again",
        api="intercom",
        but=_NEW_INTERCOM,
        named=_any_of(_OPT_OUT),
        valued=_one_of(False),
    ),
    Raise(
        what="an `unsubscribed_from_emails` that is anything else",
        risk=Risk.DESTROY,
        why="it silences somebody",
        api="intercom",
        but=_NEW_INTERCOM,
        named=_any_of(_OPT_OUT),
        valued=_but(False),
    ),
    Raise(
        what="a `consent_type` that is not exactly `opt_in`",
        risk=Risk.DESTROY,
        why="a contact is opted out of what it is attached to",
        api="intercom",
        only=frozenset({"attachSubscriptionTypeToContact"}),
        says=_not_an_opt_in,
    ),
    Raise(
        what="an `untag` that is not false",
        risk=Risk.DESTROY,
        why="who had the tag is known to nobody afterwards",
        api="intercom",
        named=_is("untag"),
        valued=_but(False),
    ),
    Raise(
        what="an `archived` that is not false",
        risk=Risk.DESTROY,
        why="what is archived is gone for everybody",
        api="intercom",
        named=_is("archived"),
        valued=_but(False),
    ),
    Raise(
        what="a `state` that is not `draft`",
        risk=Risk.SEND,
        why="it goes live, for everybody",
        api="intercom",
        named=_is("state"),
        valued=_but("draft"),
    ),
)
