"""`egoi-mcp actions list` and `show`: what was proposed, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import anyio

from egoi_mcp.api.risk import Risk
from egoi_mcp.cli import DONE
from egoi_mcp.cli.ledger import FINAL, open_ledger
from egoi_mcp.cli.records import MILLION, Shown, record_of, summary_of
from egoi_mcp.guard.action import Action, Approval, Channel, State, Step
from egoi_mcp.guard.outcomes import outcome_of
from egoi_mcp.guard.witnesses import Witness
from egoi_mcp.models.audit import DamagedRow
from egoi_mcp.plain_text import clean, quote
from egoi_mcp.settings import from_environ
from egoi_mcp.store.protocol import Found, Search

_COLUMNS = ("id", "state", "proposed", "recipients", "title")
_MOST_TITLE = 80
_THROUGH = {
    Channel.ELICITATION: "in the assistant's window",
    Channel.TERMINAL: "at the terminal",
    Channel.PAGE: "on the approval page",
    Channel.CHAT: "by a second call",
    Channel.POLICY: "by the owner's policy",
    Channel.VENDOR: "by a look at the vendor's account",
}


def list_actions(
    *,
    states: Sequence[str] = (),
    risks: Sequence[str] = (),
    since: float | None = None,
    until: float | None = None,
    limit: int,
    as_json: bool,
    full_recipients: bool,
) -> int:
    """Print the newest actions that are searched for, newest first, and name the rows that are damaged."""
    settings = from_environ()
    search = Search(
        states=tuple(State(each) for each in states),
        risks=tuple(Risk[each.upper()] for each in risks),
        since=since,
        until=until,
        limit=limit,
    )

    async def read() -> Found:
        async with open_ledger(settings) as ledger:
            return await ledger.store.find(search)

    found = anyio.run(read)
    if as_json:
        shapes = [
            *(summary_of(each, full_recipients=full_recipients) for each in found.actions),
            *(DamagedRow(id=each) for each in found.damaged),
        ]
        _print_json([each.model_dump(mode="json") for each in shapes])
        return DONE
    if found.actions:
        lines = [_row(each, full_recipients=full_recipients) for each in found.actions]
        print(_table([_COLUMNS, *lines]))
    elif not found.damaged:
        searched = search != Search(limit=limit)
        print(f"No {'such ' if searched else ''}action in {settings.state_dir}.")
    for each in found.damaged:
        print(f"{clean(each, _MOST_TITLE)}  its row is damaged; nothing is done with it")
    return DONE


def show_action(action_id: str, *, as_json: bool, full_recipients: bool, requests: bool) -> int:
    """Print one action: its preview, its terms and decisions, its requests, and how it ended."""
    settings = from_environ()

    async def read() -> tuple[Action, bool | None]:
        async with open_ledger(settings) as ledger:
            action = await ledger.get(action_id)
            return action, ledger.intact(action)

    action, intact = anyio.run(read)
    if as_json:
        record = record_of(action, full_recipients=full_recipients, intact=intact)
        _print_json(record.model_dump(mode="json"))
        return DONE
    print(as_text(action, full_recipients=full_recipients, requests=requests))
    if intact is False:
        print(
            "ATTENTION: the row was changed since this server wrote it. It can be neither approved nor sent."
        )
    return DONE


def as_text(action: Action, *, full_recipients: bool, requests: bool = False) -> str:
    """The whole action for a person; `requests` adds each of them as it is sent."""
    shown = Shown(action, full_recipients=full_recipients)
    lines = [
        f"{action.id}: {action.state.value} ({action.risk.name.lower()})",
        f"Proposed {local_time(action.created_at)} by {clean(action.client, 100) or 'an unnamed client'}"
        + (f" for {clean(action.terms.principal, 100)}" if action.terms.principal else ""),
    ]
    if action.state in {State.PROPOSED, State.APPROVED}:
        lines.append(f"Expires {local_time(action.expires_at)}")
    if action.duplicate_of:
        lines.append(duplicate_warning(action.duplicate_of))
    if action.terms.undoes:
        lines.append(f"It takes back {clean(action.terms.undoes, 40)}")
    if action.undone_by:
        lines.append(f"Taken back by {clean(action.undone_by, 40)}")
    if action.purged_at is not None:
        lines.append(f"Its requests and its preview were removed {local_time(action.purged_at)}")
    lines += ["", shown.preview(action.preview).as_text(), *_terms(action, shown), ""]
    lines += [_decision(each) for each in action.decisions]
    for step in action.steps:
        lines.append(_step(step, shown))
        if requests and step.frozen.target:
            lines.append(quote(_request(step, shown)))
    if action.state in FINAL:
        lines.append(clean(shown.text(outcome_of(action, pii="full").message)))
    return "\n".join(lines)


def duplicate_warning(earlier: str) -> str:
    """What stands above a preview of something that has been sent, or may have been."""
    return f"ATTENTION: the same was sent just now, or may have been ({earlier})."


def local_time(seconds: float) -> str:
    """A time in this machine's zone, with its offset."""
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S %z")


def _terms(action: Action, shown: Shown) -> list[str]:
    """What binds the action beside its requests, a line each."""
    terms = action.terms
    lines: list[str] = []
    if terms.approvals > 1:
        lines.append(f"Needs {terms.approvals} different approvers")
    if terms.hold_seconds:
        lines.append(
            f"Held for {terms.hold_seconds:g} seconds after its approval, and can be revoked meanwhile"
        )
    if action.held_until is not None:
        lines.append(f"Held until {local_time(action.held_until)}")
    if terms.not_after is not None:
        lines.append(f"Makes no sense after {local_time(terms.not_after)}")
    if terms.cost is not None:
        lines.append(f"Costs {terms.cost / MILLION:g} in the account's currency")
    if terms.tests:
        lines.append("Goes to the owner's own recipients only")
    if terms.unseen_content:
        lines.append("Its text cannot be shown")
    return lines + [f"Rests on {_witness(each, shown)}" for each in terms.witnesses]


def _witness(witness: Witness, shown: Shown) -> str:
    seen = [f"{name} {shown.text(value)}" for name, value in witness.seen.items() if value]
    seen += [] if witness.count is None else [f"{witness.count} people"]
    subject = f"{witness.kind} {witness.subject}"
    return clean(f"{subject}: {', '.join(seen)}" if seen else f"{subject} as it was")


def _decision(decision: Approval) -> str:
    by = f", {clean(decision.by, 100)}" if decision.by else ""
    return f"{local_time(decision.at)}: {decision.state.value} {_THROUGH[decision.channel]}{by}"


def _step(step: Step, shown: Shown) -> str:
    """A request in a line: what it was, and what came back."""
    line = f"Request {step.number}: {clean(step.operation)}, {step.state.value}"
    if step.status is not None:
        line += f", status {step.status}"
    if step.finished_at is not None:
        line += f" {local_time(step.finished_at)}"
    if step.ids:
        line += f", ids {', '.join(clean(shown.id(each)) for each in step.ids[:10])}"
        line += f" and {len(step.ids) - 10} more" if len(step.ids) > 10 else ""
    return line + (f". {clean(shown.text(step.note))}" if step.note else "")


def _request(step: Step, shown: Shown) -> str:
    head = f"{step.frozen.method} {step.frozen.origin}{shown.target(step.frozen.target)}"
    body = shown.sent(step)
    return head if body is None else f"{head}\n{json.dumps(body, ensure_ascii=False, indent=2)}"


def _row(action: Action, *, full_recipients: bool) -> tuple[str, ...]:
    recipients = "?" if action.recipients is None else str(action.recipients)
    title = Shown(action, full_recipients=full_recipients).text(action.preview.title)
    return (
        action.id,
        action.state.value,
        local_time(action.created_at),
        recipients,
        clean(title, _MOST_TITLE),
    )


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=True, indent=2))
