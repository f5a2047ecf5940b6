"""From an action's row to the record that `--json` prints, masked unless that is waived."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.guard.action import Action, Step
from egoi_mcp.guard.masking import Mask
from egoi_mcp.guard.witnesses import Witness
from egoi_mcp.models.audit import (
    ActionRecord,
    ActionSummary,
    DecisionShape,
    RequestShape,
    TermsShape,
    WitnessShape,
)
from egoi_mcp.models.preview import Preview

if TYPE_CHECKING:
    from pydantic import JsonValue as PlainJson

MILLION = 1_000_000
KEPT_APART = "kept apart, and too large to be shown"


class Shown:
    """What of an action may be seen: all of it, or all but its people."""

    def __init__(self, action: Action, *, full_recipients: bool) -> None:
        self._mask = None if full_recipients else Mask.of(action)

    def preview(self, preview: Preview) -> Preview:
        """The preview."""
        return preview if self._mask is None else self._mask.preview(preview)

    def text(self, text: str) -> str:
        """A text that may name somebody."""
        return text if self._mask is None else self._mask.text(text)

    def id(self, text: str) -> str:
        """What a vendor gave as an id."""
        return text if self._mask is None else self._mask.known(text)

    def target(self, target: str) -> str:
        """A path and query."""
        return target if self._mask is None else self._mask.target(target)

    def sent(self, step: Step) -> JsonValue:
        """What a request says; of one whose body is kept apart, only that."""
        if step.whole:
            return KEPT_APART
        return self.body(step.frozen.body, step.frozen.target)

    def body(self, body: bytes, target: str) -> JsonValue:
        """A body as the JSON value that it is; as text where it is none, and null where there is none."""
        text = body.decode("utf-8", "replace")
        try:
            value: JsonValue = json.loads(text) if text else None
        except (ValueError, RecursionError):
            return self.text(text)
        return value if self._mask is None else self._mask.body(value, target)

    def witness(self, witness: Witness) -> WitnessShape:
        """One thing that the approval rests on."""
        seen = {name: self.text(value) for name, value in witness.seen.items()}
        return WitnessShape(kind=witness.kind, subject=witness.subject, seen=seen, people=witness.count)


def summary_of(action: Action, *, full_recipients: bool) -> ActionSummary:
    """The action as a list has it."""
    return _summary(action, Shown(action, full_recipients=full_recipients))


def record_of(action: Action, *, full_recipients: bool, intact: bool | None) -> ActionRecord:
    """The whole action; `intact` says whether the row is as this server wrote it."""
    shown = Shown(action, full_recipients=full_recipients)
    decisions = tuple(
        DecisionShape(state=each.state.value, channel=each.channel.value, by=each.by, at=iso(each.at))
        for each in action.decisions
    )
    return ActionRecord(
        **dict(_summary(action, shown)),
        approved_at=_iso_or_none(action.approved_at),
        intact=intact,
        preview=shown.preview(action.preview),
        terms=_terms(action, shown),
        decisions=decisions,
        requests=tuple(_request(step, shown) for step in action.steps),
    )


def iso(seconds: float) -> str:
    """A time as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _iso_or_none(seconds: float | None) -> str | None:
    return None if seconds is None else iso(seconds)


def _summary(action: Action, shown: Shown) -> ActionSummary:
    preview = shown.preview(action.preview)
    return ActionSummary(
        id=action.id,
        state=action.state.value,
        risk=action.risk.name.lower(),
        title=preview.title,
        connection=action.connection,
        account=action.account,
        recipients=action.recipients,
        to=preview.to,
        client=action.client,
        principal=action.terms.principal,
        created_at=iso(action.created_at),
        expires_at=iso(action.expires_at),
        finished_at=_iso_or_none(action.finished_at),
        emptied_at=_iso_or_none(action.purged_at),
        channel=None if action.channel is None else action.channel.value,
        duplicate_of=action.duplicate_of,
        undoes=action.terms.undoes,
        undone_by=action.undone_by,
        note=shown.text(action.note),
    )


def _terms(action: Action, shown: Shown) -> TermsShape:
    terms = action.terms
    return TermsShape(
        approvals_needed=terms.approvals,
        held_seconds=terms.hold_seconds,
        held_until=_iso_or_none(action.held_until),
        not_after=_iso_or_none(terms.not_after),
        cost=None if terms.cost is None else terms.cost / MILLION,
        tests=terms.tests,
        unseen_content=terms.unseen_content,
        lists=terms.reach.lists,
        senders=tuple(shown.text(each.replace("\n", " ")) for each in terms.reach.senders),
        hosts=terms.reach.hosts,
        witnesses=tuple(shown.witness(each) for each in terms.witnesses),
    )


def _request(step: Step, shown: Shown) -> RequestShape:
    return RequestShape(
        number=step.number,
        operation=step.operation,
        method=step.frozen.method,
        origin=step.frozen.origin,
        target=shown.target(step.frozen.target),
        body=cast("PlainJson", shown.sent(step)),
        state=step.state.value,
        status=step.status,
        ids=tuple(shown.id(each) for each in step.ids),
        note=shown.text(step.note),
        claimed_at=_iso_or_none(step.claimed_at),
        finished_at=_iso_or_none(step.finished_at),
    )
