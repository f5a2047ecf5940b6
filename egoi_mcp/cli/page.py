"""`egoi-mcp page`: open the approval page of the servers that run, or print its address."""

from __future__ import annotations

import time

import anyio

from egoi_mcp.cli import DONE, FAILED
from egoi_mcp.cli.actions import local_time
from egoi_mcp.cli.terminal import require_terminal
from egoi_mcp.errors import NotAllowed
from egoi_mcp.guard.digest import StateKey, load_state_key
from egoi_mcp.guard.owners import Owner
from egoi_mcp.page.addresses import Address, running
from egoi_mcp.page.browser import open_browser
from egoi_mcp.page.tickets import TICKET_SECONDS
from egoi_mcp.settings import Settings, foreign_environ, from_environ


def page(*, only_print: bool) -> int:
    """Open the newest server's page, which shows every server's actions; or print the address of each."""
    require_terminal("open", "the approval page")
    settings = from_environ()
    if "page" not in settings.policy.approval_channels:
        raise NotAllowed(
            "There is no approval page: the policy's approval_channels leave it out. Nothing was changed."
        )
    key = load_state_key(settings.state_dir)
    addresses = _running(settings)
    if not addresses:
        print(
            f"No server of {settings.state_dir} has a page: one begins as soon as something waits for a "
            "decision. Where the server's environment sets EGOI_MCP_STATE_DIR or EGOI_MCP_SANDBOX, set it "
            "here too."
        )
        return FAILED
    why = "" if only_print else settings.page.cannot_open
    if not only_print and not why:
        url = addresses[-1].url(key, time.time())
        if anyio.run(open_browser, settings.page, url, foreign_environ()):
            print("The approval page is open in your browser. It shows what waits in every server.")
            return DONE
        why = "none could be started"
    if why:
        print(f"No browser is opened: {why}.")
    _print(addresses, key)
    return DONE


def _running(settings: Settings) -> list[Address]:
    owner = Owner(settings.state_dir)
    try:
        return running(settings.state_dir, owner.alive)
    finally:
        owner.release()


def _print(addresses: list[Address], key: StateKey) -> None:
    for address in addresses:
        print(f"Server with a page since {local_time(address.since)}:\n  {address.url(key, time.time())}")
    print(
        f"Each address works once, within {TICKET_SECONDS:g} seconds, and shows what waits in every server. "
        "Give it to nobody: whoever opens it may decide."
    )
