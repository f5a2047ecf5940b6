"""`egoi-mcp actions list` and `show`: what was proposed, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import anyio

from egoi_mcp.cli import DONE
from egoi_mcp.cli.ledger import FINAL, open_ledger
from egoi_mcp.guard.action import Action, State
from egoi_mcp.guard.outcomes import outcome_of
from egoi_mcp.models.preview import Preview
from egoi_mcp.plain_text import clean
from egoi_mcp.settings import from_environ

_COLUMNS = ("id", "state", "proposed", "recipients", "title")
_MOST_TITLE = 80


def list_actions(*, states: Sequence[str], limit: int, as_json: bool, full_recipients: bool) -> int:
    """Print the newest actions, newest first."""
    wanted = [State(state) for state in states]
    settings = from_environ()

    async def read() -> list[Action]:
        async with open_ledger(settings) as ledger:
            return await ledger.store.newest(limit=limit, states=wanted)

    found = anyio.run(read)
    if as_json:
        _print_json([_summary(action, full_recipients=full_recipients) for action in found])
    elif found:
        print(_table([_COLUMNS, *(_row(action) for action in found)]))
    else:
        print(f"No action{' in this state' if states else ''} in {settings.state_dir}.")
    return DONE


def show_action(action_id: str, *, as_json: bool, full_recipients: bool) -> int:
    """Print one action: its preview, its requests, and how it ended."""
    settings = from_environ()

    async def read() -> Action:
        async with open_ledger(settings) as ledger:
            return await ledger.get(action_id)

    action = anyio.run(read)
    if as_json:
        _print_json(_record(action, full_recipients=full_recipients))
    else:
        print(as_text(action, full_recipients=full_recipients))
    return DONE


def as_text(action: Action, *, full_recipients: bool) -> str:
    """The whole action for a person."""
    lines = [
        f"{action.id}: {action.state.value}",
        f"Proposed {local_time(action.created_at)} by {clean(action.client, 100) or 'an unnamed client'}",
    ]
    if action.state in {State.PROPOSED, State.APPROVED}:
        lines.append(f"Expires {local_time(action.expires_at)}")
    if action.duplicate_of:
        lines.append(duplicate_warning(action.duplicate_of))
    lines += ["", _preview(action, full_recipients=full_recipients).as_text(), ""]
    lines += [
        f"Request {step.number}: {step.operation}, {step.state.value}"
        + (f", ids {', '.join(clean(each) for each in step.ids[:10])}" if step.ids else "")
        + (f". {clean(step.note)}" if step.note else "")
        for step in action.steps
    ]
    if action.state in FINAL:
        lines.append(clean(outcome_of(action, pii="full").message))
    return "\n".join(lines)


def duplicate_warning(earlier: str) -> str:
    """What stands above a preview of something that has been sent, or may have been."""
    return f"ATTENTION: the same was sent just now, or may have been ({earlier})."


def local_time(seconds: float) -> str:
    """A time in this machine's zone, with its offset."""
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S %z")


def _preview(action: Action, *, full_recipients: bool) -> Preview:
    return action.preview if full_recipients else action.preview.for_model("masked")


def _summary(action: Action, *, full_recipients: bool) -> dict[str, object]:
    return {
        "id": action.id,
        "state": action.state.value,
        "risk": action.risk.name.lower(),
        "title": action.preview.title,
        "connection": action.connection,
        "account": action.account,
        "recipients": action.recipients,
        "to": list(_preview(action, full_recipients=full_recipients).to),
        "client": action.client,
        "created_at": _iso(action.created_at),
        "expires_at": _iso(action.expires_at),
        "finished_at": None if action.finished_at is None else _iso(action.finished_at),
        "channel": None if action.channel is None else action.channel.value,
        "duplicate_of": action.duplicate_of,
        "note": action.note,
    }


def _record(action: Action, *, full_recipients: bool) -> dict[str, object]:
    return _summary(action, full_recipients=full_recipients) | {
        "preview": _preview(action, full_recipients=full_recipients).model_dump(mode="json"),
        "requests": [
            {
                "number": step.number,
                "operation": step.operation,
                "state": step.state.value,
                "ids": list(step.ids),
                "note": step.note,
            }
            for step in action.steps
        ],
    }


def _row(action: Action) -> tuple[str, ...]:
    recipients = "?" if action.recipients is None else str(action.recipients)
    return (
        action.id,
        action.state.value,
        local_time(action.created_at),
        recipients,
        clean(action.preview.title, _MOST_TITLE),
    )


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=True, indent=2))


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
