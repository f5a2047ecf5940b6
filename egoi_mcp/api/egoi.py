"""What is special to E-goi: one key for the Marketing API v3 and the transactional API v2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from egoi_mcp.api.replies import Vendor, VendorError, flatten, header_value

if TYPE_CHECKING:
    from egoi_mcp.api.catalog import JsonValue, Operation
    from egoi_mcp.settings import Connection

ACCOUNT_OPERATION = "getMyAccount"


def account_id(data: JsonValue) -> str | None:
    """The account's id in the reply to `getMyAccount`."""
    general = data.get("general_info") if isinstance(data, Mapping) else None
    found = general.get("client_id") if isinstance(general, Mapping) else None
    return str(found) if isinstance(found, str | int) and str(found) else None


def read_error(data: JsonValue) -> VendorError:
    """Read problem JSON: `title`, `detail` and the members of `errors`.

    E-goi names its business rules (`list_limit_reached`, `unique_field_in_use`) by a member of
    `errors` that holds a sentence; that name is the code. A member that holds more is a field.
    """
    if not isinstance(data, Mapping):
        return VendorError()
    errors = data.get("errors")
    code = None
    if isinstance(errors, Mapping):
        code = next((name for name, value in errors.items() if isinstance(value, str)), None)
    parts = list(flatten(errors))
    if not parts:
        parts = [text for text in (data.get("detail"), data.get("title")) if isinstance(text, str)][:1]
    return VendorError(code, "; ".join(parts))


def _v3_sign_in(connection: Connection) -> Mapping[str, str]:
    return {"Apikey": header_value(connection.api_key, "EGOI_API_KEY")}


def _transactional_sign_in(connection: Connection) -> Mapping[str, str]:
    return {"ApiKey": header_value(connection.api_key, "EGOI_API_KEY")}


def _no_headers(_operation: Operation) -> Mapping[str, str]:
    return {}


V3 = Vendor(name="E-goi", sign_in=_v3_sign_in, headers=_no_headers, read_error=read_error)
TRANSACTIONAL = Vendor(
    name="E-goi transactional", sign_in=_transactional_sign_in, headers=_no_headers, read_error=read_error
)
