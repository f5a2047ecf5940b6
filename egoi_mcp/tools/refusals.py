"""Arguments that do not go together, refused by name before anything is read."""

from __future__ import annotations

from egoi_mcp.errors import InvalidInput
from egoi_mcp.phones import Phone, parse_phone


def not_taken(where: str, **given: object) -> None:
    """Refuse what was given although `where` (a vendor, a way of calling) does not take it.

    Raises:
        InvalidInput: one of them was given.
    """
    for name, value in given.items():
        if value is not None:
            raise InvalidInput(f"{name}: {where} takes no such thing. Leave it out. Nothing was changed.")


def needed(where: str, **given: object) -> None:
    """Refuse a call that leaves out what `where` needs.

    Raises:
        InvalidInput: one of them was not given.
    """
    for name, value in given.items():
        if value is None:
            raise InvalidInput(f"{name}: is required for {where}. Nothing was changed.")


def a_number(text: str, *, label: str) -> Phone:
    """A phone number that an argument holds.

    Raises:
        InvalidInput: it is none.
    """
    try:
        return parse_phone(text, label=label)
    except InvalidInput as error:
        raise InvalidInput(f"{error} Nothing was changed.") from error
