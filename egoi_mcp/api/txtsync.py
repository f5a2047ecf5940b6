"""What is special to TxtSync: basic authentication, one header on sends, undocumented errors."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from egoi_mcp.api.replies import Vendor, VendorError, flatten, header_value

if TYPE_CHECKING:
    from egoi_mcp.api.catalog import JsonValue, Operation
    from egoi_mcp.settings import Connection

_SENDS = frozenset({"/sms/send", "/sms/send/bulk"})
_WORDS = ("Message", "message", "ErrorMessage", "error_description", "detail", "title", "error")


def account_id(connection: Connection) -> str:
    """A name for the account that shows nothing of the key: TxtSync has no operation that tells one."""
    key = header_value(connection.client_key, "TXTSYNC_CLIENT_KEY")
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def read_error(data: JsonValue) -> VendorError:
    """Read an error body; its form is not documented, so the usual members are tried in turn."""
    if isinstance(data, str):
        return VendorError(None, data)
    if not isinstance(data, Mapping):
        return VendorError()
    code = data.get("ErrorCode") or data.get("code")
    words = next((value for name in _WORDS if isinstance(value := data.get(name), str) and value), "")
    fields = "; ".join(flatten(data.get("ModelState") or data.get("errors")))
    return VendorError(code if isinstance(code, str) else None, "; ".join(filter(None, (words, fields))))


def _sign_in(connection: Connection) -> Mapping[str, str]:
    key = header_value(connection.client_key, "TXTSYNC_CLIENT_KEY")
    secret = header_value(connection.client_secret, "TXTSYNC_CLIENT_SECRET")
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode("ascii")}


def _headers(operation: Operation) -> Mapping[str, str]:
    return {"x-zapier": "true"} if operation.path in _SENDS else {}


TXTSYNC = Vendor(name="TxtSync", sign_in=_sign_in, headers=_headers, read_error=read_error)
