"""`egoi-mcp doctor`: what works, what does not, and what to do about it."""

from __future__ import annotations

import platform
import stat
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Literal

import anyio

from egoi_mcp import __version__
from egoi_mcp.api.client import ApiClient
from egoi_mcp.app import client_of
from egoi_mcp.cli import DONE, FAILED
from egoi_mcp.cli.ledger import open_ledger
from egoi_mcp.cli.pins import pins_of
from egoi_mcp.cli.run import CREDENTIALS
from egoi_mcp.cli.variables import changed
from egoi_mcp.errors import EgoiMcpError, SettingsError, StateUnavailable
from egoi_mcp.settings import Connection, Settings, from_environ
from egoi_mcp.store.protocol import Store
from egoi_mcp.tools.policy_words import policy_in_words
from egoi_mcp.tools.vendor import read

_PACKAGES = ("mcp", "httpx2", "pydantic", "anyio", "phonenumbers", "platformdirs", "filelock")
_NOBODYS_NUMBER = "+351900000000"
_BEFORE_THIS_VERSION = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
_WRITTEN_BY_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: `ok`, `--` for what is only worth knowing, `!!` for what is wrong."""

    mark: Literal["ok", "--", "!!"]
    text: str


def doctor() -> int:
    """Check everything and print a line for each; 1 where anything is wrong."""
    findings = [_versions(), _clock(time.time())]
    try:
        settings = from_environ()
    except SettingsError as error:
        findings.append(Finding("!!", f"settings: {error}"))
    else:
        findings += [*_settings(settings), *anyio.run(_state_and_accounts, settings)]
    for finding in findings:
        print(f"{finding.mark}  {finding.text}")
    wrong = sum(finding.mark == "!!" for finding in findings)
    print("\nAll is well." if not wrong else f"\n{wrong} of {len(findings)} are wrong: see the lines with !!")
    return FAILED if wrong else DONE


def _versions() -> Finding:
    found: list[str] = []
    missing: list[str] = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    system = f"Python {platform.python_version()} on {platform.system()}"
    if missing:
        return Finding("!!", f"versions: {', '.join(missing)} not installed. Install egoi-mcp again.")
    return Finding("ok", f"versions: egoi-mcp {__version__}, {system}; {', '.join(found)}")


def _clock(now: float) -> Finding:
    shown = datetime.fromtimestamp(now, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S %z")
    if now < _BEFORE_THIS_VERSION:
        return Finding("!!", f"clock: says {shown}, which is past. Set it: approvals expire by it.")
    return Finding("ok", f"clock: {shown}")


def _settings(settings: Settings) -> list[Finding]:
    names = changed(settings)
    differ = f"{', '.join(names)} set" if names else "all at their defaults"
    findings = [
        Finding("ok", f"settings: {differ}"),
        Finding("--", f"approval: {policy_in_words(settings)['mode']}"),
        _page(settings),
    ]
    findings += [Finding("ok", f"policy: {path} is in force") for path in settings.policy_files]
    if settings.account_timezone is None:
        findings.append(
            Finding("--", "time zone: EGOI_ACCOUNT_TIMEZONE is not set, so nothing can be scheduled")
        )
    configured = {connection.provider for connection in settings.connections}
    findings += [
        Finding("--", f"{name}: no credentials ({variables})")
        for provider, (name, variables) in CREDENTIALS.items()
        if provider not in configured
    ]
    if not configured:
        findings.append(
            Finding(
                "!!", "accounts: no vendor has credentials. Set one's, or EGOI_MCP_SANDBOX=1 to try it out."
            )
        )
    return findings


async def _state_and_accounts(settings: Settings) -> list[Finding]:
    try:
        async with open_ledger(settings) as ledger:
            waiting = await ledger.store.newest(limit=1)
            findings = [_state_directory(settings.state_dir, used=bool(waiting)), _pins(settings)]
            findings += [await _account(each, settings, ledger.store) for each in settings.connections]
    except StateUnavailable as error:
        return [Finding("!!", f"state directory {settings.state_dir}: {error}")]
    return findings


def _state_directory(folder: Path, *, used: bool) -> Finding:
    """Only its owner may look into it: it holds recipients, texts and the key of the approvals."""
    said = f"state directory {folder}: writable, {'in use' if used else 'no actions yet'}"
    if sys.platform == "win32":
        return Finding("--", f"{said}; who else may read it was not checked on Windows")
    open_ones = open_to_others([folder, *folder.iterdir()])
    if open_ones:
        names = ", ".join(path.name for path in open_ones[:5])
        return Finding("!!", f"{said}, but other users may use {names}. Run: chmod -R go= '{folder}'")
    return Finding("ok", f"{said}, private")


def _pins(settings: Settings) -> Finding:
    try:
        approvers = len(pins_of(settings).names())
    except StateUnavailable as error:
        return Finding("!!", f"approver PINs: {error}")
    if not approvers:
        return Finding("--", "approver PINs: none set, so approving at a terminal or on the page takes none")
    return Finding("ok", f"approver PINs: approving at a terminal or on the page takes one of {approvers}")


def _page(settings: Settings) -> Finding:
    if "page" not in settings.policy.approval_channels:
        return Finding("--", "approval page: none, as the policy's approval_channels leave it out")
    port = f"port {settings.page.port}" if settings.page.port else "any free port"
    if why := settings.page.cannot_open:
        return Finding("--", f"approval page: at {port}; no browser is opened: {why}. See: egoi-mcp page")
    return Finding("ok", f"approval page: at {port}, opened in your browser")


def open_to_others(paths: Sequence[Path]) -> list[Path]:
    """The paths that their group or everybody may use; what vanishes meanwhile is none."""
    found: list[Path] = []
    for path in paths:
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            continue
        if mode & _WRITTEN_BY_OTHERS:
            found.append(path)
    return found


async def _account(connection: Connection, settings: Settings, store: Store) -> Finding:
    name, _ = CREDENTIALS[connection.provider]
    where = "the built-in stand-in" if settings.sandbox else " and ".join(connection.origins.values())
    transport = None
    if settings.sandbox:
        # Imported here: only where it is asked for.
        from egoi_mcp.sandbox import Sandbox

        transport = Sandbox().transport()
    client = client_of(connection, settings, store, transport)
    started = time.monotonic()
    try:
        account = await _read_account(client, connection)
    except EgoiMcpError as error:
        return Finding("!!", f"{name} at {where}: {error}")
    finally:
        await client.aclose()
    budget = client.budget.snapshot()
    return Finding(
        "ok",
        f"{name} at {where}: account {account} answered in {time.monotonic() - started:.1f} s; "
        f"{budget.available_now} of {budget.limit} calls left",
    )


async def _read_account(client: ApiClient, connection: Connection) -> str:
    """The account's id, by a call that only reads and that the vendor refuses to a wrong key."""
    if connection.provider == "txtsync":
        # TxtSync has no call that shows the account, so its id comes from the key alone.
        await read(client, "txtsync", "SearchContact", query={"searchNumber": _NOBODYS_NUMBER})
    return await client.account_id()
