"""`egoi-mcp pin set`, `clear` and `list`: who may approve, by a PIN that only they know."""

from __future__ import annotations

import time

from egoi_mcp.cli import DONE, FAILED
from egoi_mcp.cli.actions import local_time
from egoi_mcp.cli.terminal import ask_secret, require_terminal
from egoi_mcp.guard.owners import os_user
from egoi_mcp.guard.pins import SHORTEST, Pins
from egoi_mcp.settings import Settings, from_environ

_WHAT = "an approver's PIN"


def approver(settings: Settings) -> str:
    """Who decides here: the approver whose PIN is typed or, where none is set, the system's user.

    Raises:
        NotAllowed: the PIN is not right, or none is looked at for a while.
    """
    pins = pins_of(settings)
    if not pins.required:
        return os_user()
    return pins.verify(ask_secret("Your PIN: "))


def pins_of(settings: Settings) -> Pins:
    """The PINs of the settings' state directory, by this machine's clock."""
    return Pins(settings.state_dir, now=time.time)


def set_pin(name: str) -> int:
    """Ask for a PIN twice, and before that for the one that allows it, where there is one."""
    require_terminal("set", _WHAT)
    pins = pins_of(from_environ())
    allowed_by = ""
    if pins.required:
        whose = f"Present PIN of {name}" if pins.has(name) else "To admit another approver, your own PIN"
        allowed_by = ask_secret(f"{whose}: ")
    pin = ask_secret(f"New PIN of {name}, {SHORTEST} characters or more: ")
    if ask_secret("The same again: ") != pin:
        print("The two differ. Nothing was changed.")
        return FAILED
    pins.set(name, pin, allowed_by=allowed_by)
    print(
        f"The PIN of {name} is set. 'egoi-mcp actions approve' and 'settle' ask for it from now on, wherever "
        "they work on the same state directory."
    )
    return DONE


def clear_pin(name: str) -> int:
    """Take an approver's PIN away, by that PIN."""
    require_terminal("clear", _WHAT)
    pins = pins_of(from_environ())
    pins.clear(name, ask_secret(f"PIN of {name}: "))
    left = "Approving takes one of the others." if pins.required else "Approving takes no PIN any more."
    print(f"The PIN of {name} is gone. {left}")
    return DONE


def list_pins() -> int:
    """Print who has a PIN, since when, and what was tried at it."""
    approvers = pins_of(from_environ()).approvers()
    if not approvers:
        print("No PIN is set, so approving takes none. To set one: egoi-mcp pin set")
    for each in approvers:
        admitted = f", admitted by {each.admitted_by}" if each.admitted_by else ""
        tried = f"; guesses at it since it was last right: {each.failures}" if each.failures else ""
        print(f"{each.name}: set {local_time(each.since)}{admitted}{tried}")
    return DONE
