"""Which members of an answer are secrets by their names, and those secrets taken out wherever they stand.

Vendors' documents mark few of them, and what a webhook or an integration holds is whatever its owner put
there: so names decide, in whatever spelling, also where a name stands beside its value (`headers`) and inside
addresses. What looks alike stays where it is needed to go on (`page_token`) or only tells of a secret
(`pin_length`, `authentication_status`, `campaign_hash`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote_plus

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.api.members import folded, is_array

REDACTED = "[redacted]"

# All of these are held against names without case and separators.
_KEYS = (
    "access|account|api|app|application|auth|authentication|client|consumer|encryption|hmac|integration|licen[cs]e"
    "|login|master|messaging|private|project|push|secret|security|send|server|service|shared|signature|signing"
    "|stripe|subscription|webhook|write"
)
_SECRET = re.compile(
    rf".*(?:password|passwd|passphrase|passcode|passwort|pwd|secret|secrets|credentials?|certificate|jwt|hmac"
    rf"|authorization|privatekey|(?:{_KEYS})keys?|accesskeyid|connectionstring|[a-z0-9]token"
    rf"|(?:access|api|auth|device|fcm|id|push|refresh|session)tokens)"
    r"|token|pushtoken.*|bearer|auth|basicauth|xauth|httpauth|authdata|sig|dsn"
    r"|(?:set|session|auth|http)?cookies?"
    r"|(?:admin|auth|basic|db|email|ftp|http|imap|login|mail|pop|pop3|proxy|sftp|smtp|ssh|user|webhook)?pass"
    r"|(?:t|h|sms)?otp|(?:access|account|card|device|login|security|sim|sms|user)?pin|pin(?:no|number)"
    r"|secrettext|(?:access|auth|authorization|backup|mfa|otp|recovery|secret|twofactor|verification)codes?"
)
# The same name for another one of it, or for the form that it has.
_LONGEST_NAME = 80
_ANOTHER = re.compile(r"(.+?)(?:v?\d+|value|hash|header|pem|raw|base64)")
# How lists go on: without it nobody gets to the next page.
_PAGING = re.compile(
    r"(?:next|prev|previous|first|last|continuation|resume|start|end)*(?:page|paging|pagination|cursor|continuation"
    r"|next|prev|previous|resume|sync|scroll|position)token"
)
# A signature is also what stands below a letter, in several words.
_SIGNATURE = re.compile(r".*(?:signature|signatures)|xhubsignature.*|signature(?:sha)?\d+")
_SIGNED = re.compile(r"[^\s<>]{4,}")
_IN_HEADERS = re.compile(r".*(?:auth|key|token|secret|signature|cookie|password|credential|hmac|jwt).*")
_HEADERS = re.compile(r".*headers?")
_NAMES = ("name", "key", "header", "field", "param", "parameter", "variable")
_VALUES = ("value", "val", "values", "default", "defaultvalue")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9_-]{1,60}")
_HEADER_LINE = re.compile(r"([A-Za-z][A-Za-z0-9_-]{1,60})\s*:\s*(?!//)(\S.*)", re.DOTALL)
_CREDENTIALS = re.compile(r"Bearer\s+\S{6,}|(?:Basic|Token|Digest)\s+(?=\S*[\d=])\S{8,}", re.IGNORECASE)
_USER = re.compile(r"(?<=://)[^\s/?#\"'<>]{1,1000}@")
_PARAMETER = re.compile(r"(?<=[?&;#])([\w.\[\]%-]{2,60})=([^\s&;#\"'<>]+)")
# The address of a file is signed so that it can be opened; it is good for that file, and not for long.
_SIGNS_AN_ADDRESS = re.compile(r".*(?:signature|sig|hmac)|xamz.*|xgoog.*")


@lru_cache(maxsize=4096)
def is_secret(name: str, more: frozenset[str] = frozenset()) -> bool:
    """Whether a member of this name holds a secret; `more` are folded names that do, too."""
    key = folded(name)
    if key in more:
        return True
    if _PAGING.fullmatch(key):
        return False
    another = _ANOTHER.fullmatch(key) if len(key) <= _LONGEST_NAME else None
    return _SECRET.fullmatch(key) is not None or (
        another is not None and _SECRET.fullmatch(another[1]) is not None
    )


def without_secrets(value: JsonValue, more: frozenset[str] = frozenset()) -> JsonValue:
    """The value with a word in the place of each secret; true, false and what says nothing stay."""
    return _shown(value, more, headers=False)


def _shown(value: JsonValue, more: frozenset[str], *, headers: bool) -> JsonValue:
    if isinstance(value, Mapping):
        named = _named_secret(value, more, headers=headers)
        return {
            name: REDACTED
            if _says(member) and (_holds_secret(name, member, more, headers=headers) or folded(name) in named)
            else _shown(member, more, headers=_HEADERS.fullmatch(folded(name)) is not None)
            for name, member in value.items()
        }
    if is_array(value):
        if (
            len(value) == 2
            and isinstance(name := value[0], str)
            and _HEADER.fullmatch(name)
            and not is_array(value[1])
            and headers
            and _holds_secret(name, value[1], more, headers=headers)
        ):
            return [name, REDACTED]
        return [_shown(each, more, headers=headers) for each in value]
    return _text(value, more, headers=headers) if isinstance(value, str) else value


def _holds_secret(name: str, member: JsonValue, more: frozenset[str], *, headers: bool) -> bool:
    if is_secret(name, more):
        return True
    key = folded(name)
    if _SIGNATURE.fullmatch(key):
        return isinstance(member, str) and _SIGNED.fullmatch(member) is not None
    plain = not isinstance(member, Mapping) and not is_array(member)
    return headers and plain and key not in _NAMES and _IN_HEADERS.fullmatch(key) is not None


def _named_secret(value: Mapping[str, JsonValue], more: frozenset[str], *, headers: bool) -> frozenset[str]:
    """Folded names of members that hold the value of a secret that stands beside them as a name."""
    members = {folded(name): member for name, member in value.items()}
    values = [name for name in _VALUES if name in members]
    names = [member for name in _NAMES if isinstance(member := members.get(name), str)]
    return frozenset(
        held
        for held in values
        if any(_holds_secret(name, members[held], more, headers=headers) for name in names)
    )


def _text(text: str, more: frozenset[str], *, headers: bool) -> str:
    """A text without the credentials of a header's line, or in the addresses in it."""
    if _CREDENTIALS.fullmatch(text.strip()):
        return REDACTED
    line = _HEADER_LINE.fullmatch(text) if headers else None
    if line is not None and _holds_secret(line[1], line[2], more, headers=True):
        return f"{line[1]}: {REDACTED}"
    if "://" not in text:
        return text
    shown = _USER.sub(f"{REDACTED}@", text)
    return _PARAMETER.sub(lambda found: _parameter(found, more), shown)


def _parameter(found: re.Match[str], more: frozenset[str]) -> str:
    name = unquote_plus(found[1]).removeprefix("amp;")
    key = folded(name)
    if _SIGNS_AN_ADDRESS.fullmatch(key) or not is_secret(name, more):
        return found[0]
    return f"{found[1]}={REDACTED}"


def _says(value: JsonValue) -> bool:
    return not (value is None or isinstance(value, bool) or value in ("", [], {}))
