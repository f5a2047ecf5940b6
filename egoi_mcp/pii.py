"""How much of a person the model gets to see: all, a mask, or ids only.

A mask has always the same shape, so that it tells no length, and what is too short to hide behind one
character is hidden whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from egoi_mcp.errors import InvalidInput

Pii = Literal["full", "masked", "ids"]

_MASK = "***"
_SHORTEST_SHOWN = 3
_LONGEST_TLD = 6
_SHORTEST_NATIONAL_WITH_TAIL = 7


def mask_email(value: str) -> str:
    """Show the first character of the name and of the domain, and the top-level domain: `a***@e***.com`."""
    name, at, domain = value.strip().rpartition("@")
    if not at:
        return _MASK
    host, _, tld = domain.rpartition(".")
    shown_tld = f".{tld}" if host and _is_tld(tld) else ""
    return f"{_initial(name)}@{_initial(host or domain)}{shown_tld}"


def mask_phone(value: str) -> str:
    """Show the calling code and the last two digits: `+351 *** *01`; of a short number the code only.

    E.164 and E-goi's form are understood; of anything else nothing is shown.
    """
    from egoi_mcp.phones import parse_phone

    try:
        phone = parse_phone(value)
    except InvalidInput:
        return _MASK
    tail = f" *{phone.national[-2:]}" if len(phone.national) >= _SHORTEST_NATIONAL_WITH_TAIL else ""
    return f"+{phone.calling_code} {_MASK}{tail}"


def mask_name(value: str) -> str:
    """Show the first letter only: `A***`."""
    return _initial(value.strip())


def show_email(value: str | None, pii: Pii) -> str | None:
    """The e-mail address as the setting lets it be seen; None where it may not be, or there is none."""
    return _show(value, pii, mask_email)


def show_phone(value: str | None, pii: Pii) -> str | None:
    """The phone number as the setting lets it be seen; None where it may not be, or there is none."""
    return _show(value, pii, mask_phone)


def show_name(value: str | None, pii: Pii) -> str | None:
    """The name as the setting lets it be seen; None where it may not be, or there is none."""
    return _show(value, pii, mask_name)


def _show(value: str | None, pii: Pii, mask: Callable[[str], str]) -> str | None:
    if not value:
        return None
    if pii == "full":
        return value
    return mask(value) if pii == "masked" else None


def _initial(value: str) -> str:
    shown = len(value) >= _SHORTEST_SHOWN and value[0].isalnum()
    return value[0] + _MASK if shown else _MASK


def _is_tld(label: str) -> bool:
    return 1 < len(label) <= _LONGEST_TLD and label.isascii() and label.isalpha()
