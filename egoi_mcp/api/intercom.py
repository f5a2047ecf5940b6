"""What is special to Intercom: a bearer token, a pinned version of the API, error lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from egoi_mcp.api.replies import Vendor, VendorError, header_value

if TYPE_CHECKING:
    from egoi_mcp.api.catalog import JsonValue, Operation
    from egoi_mcp.settings import Connection

VERSION = "2.16"
ACCOUNT_OPERATION = "identifyAdmin"


def account_id(data: JsonValue) -> str | None:
    """The workspace's id in the reply to `identifyAdmin`."""
    app = data.get("app") if isinstance(data, Mapping) else None
    found = app.get("id_code") if isinstance(app, Mapping) else None
    return found if isinstance(found, str) and found else None


def read_error(data: JsonValue) -> VendorError:
    """Read an `error.list`: the first code, and every message with the field it is about."""
    errors = data.get("errors") if isinstance(data, Mapping) else None
    members = [error for error in errors if isinstance(error, Mapping)] if isinstance(errors, list) else []
    code = next((found for error in members if isinstance(found := error.get("code"), str)), None)
    return VendorError(code, "; ".join(filter(None, map(_words, members))))


def _words(error: Mapping[str, JsonValue]) -> str:
    message, field = error.get("message"), error.get("field")
    parts = [part for part in (field, message or error.get("code")) if isinstance(part, str) and part]
    return ": ".join(parts)


def _sign_in(connection: Connection) -> Mapping[str, str]:
    return {"Authorization": "Bearer " + header_value(connection.access_token, "INTERCOM_ACCESS_TOKEN")}


def _headers(_operation: Operation) -> Mapping[str, str]:
    return {"Intercom-Version": VERSION}


INTERCOM = Vendor(name="Intercom", sign_in=_sign_in, headers=_headers, read_error=read_error)
