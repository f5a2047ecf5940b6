"""What a vendor's reply says: its body as JSON or as a file, and its failures as this package's errors.

A vendor's own words are quoted in an error, because they name the field that was wrong. They come
from outside and may repeat what was sent, so `quotable` takes out keys, addresses, numbers and
every value of the request before anyone reads them.
"""

from __future__ import annotations

import codecs
import html
import json
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, NoReturn

from egoi_mcp.api.retry import Failure, Lost, is_refusal
from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import (
    ApiError,
    AuthenticationFailed,
    Conflict,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    SettingsError,
    Unreachable,
    VendorFailed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import SecretStr

    from egoi_mcp.api.catalog import JsonValue, Operation, Request
    from egoi_mcp.settings import Connection

LONGEST_DETAIL = 300
"""Characters of a vendor's own words that an error quotes."""

_LONGEST_SCANNED = 4_000
# Only from where a word begins: from each letter of it anew a long one takes its length squared.
_EMAIL = re.compile(
    r"(?<![^\s@<>\"'(),;:\[\]])[^\s@<>\"'(),;:\[\]]+(?:@|%40)[^\s@<>\"'(),;:\[\]]+", re.IGNORECASE
)
_NUMBER = re.compile(r"\+?\(?\d(?:[\s().\-/\u2010-\u2015]{0,3}\d){5,}")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,63}")


_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,79}")
# What says how something is put down and not what it is; a gateway's page, a form or half of an answer.
_NO_FILE = re.compile(
    r"text/plain|(?:text|application)/(?:x-)?(?:html|xml|json|javascript|ecmascript|css|x-www-form-urlencoded|www-form-urlencoded)"
    r"|[^/]+/(?:[^/]+\+(?:xml|json)|xhtml)|(?:multipart|message)/.*"
)
_RTF = b"{\\rtf"


class UnreadableReply(ValueError):
    """A body that is neither JSON nor plain text, nor a file by what its header says."""


@dataclass(frozen=True, slots=True)
class Content:
    """A body that is a file: a report as CSV, a document, an image; its media type in small letters."""

    media_type: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class VendorError:
    """What an error body says: the vendor's code where it has one, and its words."""

    code: str | None = field(default=None, repr=False)
    detail: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """What is special to one wire API.

    `sign_in` gives the headers that carry credentials, `headers` those that do not, `read_error`
    what an error body says.
    """

    name: str
    sign_in: Callable[[Connection], Mapping[str, str]]
    headers: Callable[[Operation], Mapping[str, str]]
    read_error: Callable[[JsonValue], VendorError]


def header_value(secret: SecretStr | None, variable: str) -> str:
    """The secret as it goes into a header.

    Raises:
        SettingsError: there is none, or no header can hold it; the text does not repeat it.
    """
    value = "" if secret is None else secret.get_secret_value()
    if not value or not value.isascii() or not value.isprintable():
        raise SettingsError(f"{variable} is not set, or holds a character that no key has. Nothing was sent.")
    return value


def secrets_of(connection: Connection, vendor: Vendor) -> list[str]:
    """Every text by which the connection's credentials could show themselves."""
    keys = (connection.api_key, connection.client_key, connection.client_secret, connection.access_token)
    # As they stand in the header, too: basic authentication makes another word of key and secret.
    in_headers = [value.rpartition(" ")[2] for value in vendor.sign_in(connection).values()]
    return [*(key.get_secret_value() for key in keys if key is not None), *in_headers]


def decode(body: bytes, content_type: str) -> JsonValue | Content:
    """Read a reply's body: JSON whatever it is called, else plain text, else a file; an empty one is None.

    A body is a file where the header names a media type that says what it is (`text/csv`, `application/pdf`,
    `image/png`, `application/octet-stream`), in whatever encoding. It is none, and unreadable, where

    - the header names nothing, or what a web server answers instead of the vendor, or what cannot be told
      from an answer that was cut off: HTML, XML (SVG, too), scripts, forms, parts, JSON that does not parse;
    - it begins as a page or as JSON does (`<`, `{`, `[`), whatever the header says; RTF is the exception;
    - it is called plain text and is not UTF-8.

    Raises:
        UnreadableReply: it is none of these; a web page among them, which is what a captive portal or
            a failing gateway answers with status 200.
    """
    if not body.strip():
        return None
    try:
        value: JsonValue = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        pass
    else:
        return value
    media_type = content_type.partition(";")[0].strip().lower()
    # JSON or a page that was cut off is no text and no file, whatever it is called.
    if body.removeprefix(codecs.BOM_UTF8).lstrip().startswith((b"<", b"{", b"[")) and not body.startswith(
        _RTF
    ):
        raise UnreadableReply("neither JSON nor plain text nor a file")
    if media_type == "text/plain":
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            raise UnreadableReply("not UTF-8") from None
    if not _MEDIA_TYPE.fullmatch(media_type) or _NO_FILE.fullmatch(media_type):
        raise UnreadableReply("neither JSON nor plain text nor a file")
    return Content(media_type, body)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def flatten(value: JsonValue, path: str = "") -> Iterator[str]:
    """Every text of a nested error member with the path that leads to it: `base.email: is empty`."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from flatten(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from flatten(inner, path)
    elif value is not None:
        yield f"{path}: {value}" if path else str(value)


def quotable(text: str, *, secrets: Iterable[str] = (), given: Iterable[str] = ()) -> str:
    """A vendor's words made fit to show: no keys, e-mail addresses, long numbers or given values.

    Control characters and direction overrides go as well. At most `LONGEST_DETAIL` characters.
    """
    shown = _plain(html.unescape(text[:_LONGEST_SCANNED]))
    for secret in secrets:
        if secret:
            shown = shown.replace(secret, "[key]")
    shown = _NUMBER.sub("[number]", _EMAIL.sub("[e-mail]", shown))
    folded = shown.casefold()
    # Of an import there are a million values, which nobody looks through for nothing.
    for value in given if folded else ():
        plain = _plain(value)
        if len(plain) > 1 and plain.casefold() in folded:
            pattern = rf"(?<!\w){re.escape(plain)}(?!\w)"
            shown = re.sub(pattern, "[given value]", shown, flags=re.IGNORECASE)
    shown = shown.replace('"', "'")
    return shown if len(shown) <= LONGEST_DETAIL else shown[: LONGEST_DETAIL - 1] + "…"


def given_values(request: Request) -> Iterator[str]:
    """Every text that the caller put into a request, the names of members left out."""
    yield from (str(value) for value in (*request.path.values(), *request.query.values()))
    yield from _leaves(request.body)


def _leaves(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _leaves(inner)


def _plain(text: str) -> str:
    """One line of ordinary characters: compatibility forms folded, format characters dropped."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    folded = unicodedata.normalize("NFKC", text)
    kept = ((" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c) for c in folded)
    return " ".join("".join(c for c in kept if not unicodedata.category(c).startswith("C")).split())


def quotable_error(error: VendorError, *, secrets: Sequence[str], given: Iterable[str]) -> VendorError:
    """The error with its words made fit to show, and its code dropped unless it looks like one."""
    code = error.code
    if code is not None and (not _CODE.fullmatch(code) or quotable(code, secrets=secrets) != code):
        code = None
    return VendorError(code, quotable(error.detail, secrets=secrets, given=given))


def error_for(
    failure: Failure,
    *,
    vendor: str,
    operation: str,
    risk: Risk,
    unknown: bool,
    said: VendorError = VendorError(),
    wait_seconds: float | None = None,
) -> ApiError:
    """The error that says what happened, what did not, and what to do next.

    `unknown` is the verdict that the request may have taken effect; `said` is quoted as it stands,
    so it comes from `quotable_error`; `wait_seconds` is how long the vendor wants to be left alone.
    """
    kind, template = _row(failure, unknown=unknown)
    text = template.format(
        vendor=vendor,
        operation=operation,
        status=failure.status,
        happened=_happened(failure, vendor, operation),
        said=f': "{said.detail}"' if said.detail else "",
        unchanged="" if risk is Risk.READ else "Nothing was changed.",
        wait="later" if wait_seconds is None else f"in {max(1, math.ceil(wait_seconds))} s",
    )
    return kind(
        " ".join(text.split()),
        operation=operation,
        status=failure.status,
        code=said.code,
        retry_after_seconds=wait_seconds,
    )


def _happened(failure: Failure, vendor: str, operation: str) -> str:
    reason = f" ({failure.reason})" if failure.reason else ""
    if failure.lost is None:
        return f"{vendor} answered {operation} with status {failure.status}"
    return f"{vendor} {failure.lost.value}{reason}"


_BY_STATUS: Mapping[int, tuple[type[ApiError], str]] = {
    HTTPStatus.UNAUTHORIZED: (
        AuthenticationFailed,
        "{vendor} refused the key ({status}). Nothing was sent. Run 'egoi-mcp doctor'.",
    ),
    HTTPStatus.FORBIDDEN: (
        AuthenticationFailed,
        "{vendor} does not let this key use {operation} ({status}){said}. {unchanged} "
        "Ask who administers the account for that permission, or run 'egoi-mcp doctor'.",
    ),
    HTTPStatus.NOT_FOUND: (
        NotFound,
        "{vendor} does not know what {operation} names ({status}){said}. {unchanged} Look the ids up again.",
    ),
    HTTPStatus.CONFLICT: (
        Conflict,
        "{vendor} refused {operation} because of what is there already ({status}){said}. {unchanged} "
        "Read the present state first.",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        Rejected,
        "{vendor} refused {operation} as too large ({status}){said}. {unchanged} Split it into smaller ones.",
    ),
    HTTPStatus.TOO_MANY_REQUESTS: (
        RateLimited,
        "{vendor} is turning calls away ({status}): too many at once. {operation} was not carried out. "
        "Try again {wait}.",
    ),
}
_REFUSED = (
    Rejected,
    "{vendor} refused {operation} ({status}){said}. {unchanged} Correct the arguments and ask again.",
)
_UNREACHABLE = (
    Unreachable,
    "{happened}. Nothing was sent. Check the network, and that the vendor's service is up; then try again.",
)
_FAILED = (
    VendorFailed,
    "{happened}{said}. {operation} only reads, so nothing was changed. Try again {wait}.",
)
_UNKNOWN = (
    OutcomeUnknown,
    "{happened}{said}. {operation} may or may not have taken effect, and is not sent again by itself. "
    "Find out with check_action before anything like it is tried.",
)


def _row(failure: Failure, *, unknown: bool) -> tuple[type[ApiError], str]:
    if unknown:
        return _UNKNOWN
    status = failure.status
    if status is None:
        return _UNREACHABLE if failure.lost is Lost.UNREACHABLE and not failure.written else _FAILED
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return _REFUSED if is_refusal(status) else _FAILED
