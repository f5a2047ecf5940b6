"""What the rows say against what the sandbox counted, as a pure function of both.

Each effect has a mark that says what happened to whom: a message by its recipient and text, which no two
jobs share; a campaign's message by campaign and recipient; a tag by tag and contact. Each request of a row
has the marks that it would leave.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.fault_person import Book, marker_of
from bench.fault_plan import Job
from egoi_mcp.guard.action import Action, Step

_NEVER_BEGAN = frozenset({"proposed", "declined", "expired", "revoked", "void"})
_OPEN = frozenset({"proposed", "approved", "executing"})
_CAMPAIGN, _TAG, _DRAFT = "campaign", "tag", "draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request of a row: its state, and the marks that it would leave.

    A campaign's request does not say whom it reaches: `campaign` is its hash, `reaches` how many people its
    preview said. `idempotent`: done twice it has the effect once.
    """

    state: str
    marks: tuple[str, ...] = ()
    campaign: str = ""
    reaches: int | None = None
    idempotent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An action's row, as far as it is judged. `approved`: a person meant to, or policy let it pass."""

    id: str
    marker: str
    state: str
    approved: bool
    requests: tuple[Sent, ...]


@dataclass(slots=True)
class Verdict:
    """What must be empty, each with a line for every case."""

    more_than_once: list[str] = field(default_factory=list[str])
    without_approval: list[str] = field(default_factory=list[str])
    contradictions: list[str] = field(default_factory=list[str])
    left_open: list[str] = field(default_factory=list[str])


def judge(rows: Sequence[Row], effects: Mapping[str, int]) -> Verdict:
    """Compare rows with effects, counted by mark."""
    verdict = Verdict()
    verdict.left_open += [f"{row.marker} {row.id} is {row.state}" for row in rows if row.state in _OPEN]
    for mark, count in effects.items():
        if count > 1:
            verdict.more_than_once.append(f"{mark}: {count} times")
    least: Counter[str] = Counter()
    most: Counter[str] = Counter()
    owners: defaultdict[str, list[Row]] = defaultdict(list)
    reached = _by_campaign(effects)
    for row in rows:
        if (said := _inconsistent(row)) is not None:
            verdict.contradictions.append(said)
        if not row.approved and row.state not in _NEVER_BEGAN | {"approved"}:
            verdict.without_approval.append(f"{row.marker} {row.id} was carried out: {row.state}")
        for request in row.requests:
            marks = request.marks or tuple(reached.get(request.campaign, ()))
            may_have_been = request.state in {"succeeded", "unknown", "partial"}
            if request.campaign and request.state == "succeeded" and len(marks) != request.reaches:
                verdict.contradictions.append(
                    f"{row.marker} {row.id} reached {len(marks)} people, its preview said {request.reaches}"
                )
            for mark in marks:
                owners[mark].append(row)
                most[mark] += may_have_been
                least[mark] = (
                    max(least[mark], int(request.state == "succeeded"))
                    if request.idempotent
                    else least[mark] + (request.state == "succeeded")
                )
    _compare(verdict, effects, least, most, owners)
    return verdict


def _compare(
    verdict: Verdict,
    effects: Mapping[str, int],
    least: Mapping[str, int],
    most: Mapping[str, int],
    owners: Mapping[str, Sequence[Row]],
) -> None:
    for mark in {**effects, **least}:
        count, held = effects.get(mark, 0), owners.get(mark, ())
        if count and not any(row.approved for row in held):
            said = _named(held)
            verdict.without_approval.append(f"{mark}: {said}")
        if not least.get(mark, 0) <= count <= most.get(mark, 0):
            said = _named(held)
            verdict.contradictions.append(f"{mark}: happened {count} times, and there is {said}")


def _named(rows: Sequence[Row]) -> str:
    return ", ".join(f"{row.marker} {row.id} {row.state}" for row in rows) or "no row"


def _by_campaign(effects: Mapping[str, int]) -> Mapping[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for mark in effects:
        kind, _, rest = mark.partition(" ")
        if kind == _CAMPAIGN:
            found[rest.partition(" ")[0]].append(mark)
    return found


def _inconsistent(row: Row) -> str | None:
    """Why a row contradicts its own requests; None where it does not."""
    states = {request.state for request in row.requests}
    wanted: str | None = None
    if row.state in _NEVER_BEGAN:
        wanted = "pending" if states != {"pending"} else None
    elif row.state in {"succeeded", "failed"}:
        wanted = row.state if states != {row.state} else None
    elif row.state == "unknown":
        wanted = "unknown" if "unknown" not in states else None
    elif row.state == "partial" and (states & {"unknown", "pending", "sending"} or len(states) < 2):
        wanted = "partial" if states != {"partial"} else None
    if wanted is None:
        return None
    return f"{row.marker} {row.id} is {row.state}, and its requests are {', '.join(sorted(states))}"


# -- from what the product and the sandbox keep ---------------------------------------------------


def rows_of(actions: Iterable[Action], jobs: Mapping[str, Job], book: Book) -> list[Row]:
    """The rows, with what the person's book says of each."""
    found: list[Row] = []
    for action in actions:
        marker = marker_of(action)
        job = jobs.get(marker)
        only_a_draft = all(step.operation.startswith("create") for step in action.steps)
        approved = (
            book.approved.get(marker) == action.id
            or action.id in book.created
            or only_a_draft
            or (job is not None and job.unasked)
        )
        found.append(
            Row(
                id=action.id,
                marker=marker,
                state=action.state.value,
                approved=approved,
                requests=tuple(_sent(step, action.recipients) for step in action.steps),
            )
        )
    return found


def _sent(step: Step, recipients: int | None) -> Sent:
    state, body = step.state.value, json.loads(step.frozen.body or b"null")
    match step.operation:
        case "sendSmsMessages":
            return Sent(state=state, marks=tuple(_message(each["to"], each["textBody"]) for each in body))
        case "SendSMS":
            return Sent(state=state, marks=(_message(body["To"], body["Message"]),))
        case "SendBulkSMS":
            return Sent(state=state, marks=tuple(_message(to, body["Message"]) for to in body["To"]))
        case "actionSendSms":
            return Sent(state=state, campaign=step.frozen.target.split("/")[3], reaches=recipients)
        case "actionAttachTag":
            marks = tuple(f"{_TAG} {body['tag_id']}:{contact}" for contact in body["contacts"])
            return Sent(state=state, marks=marks, idempotent=True)
        case "createSmsCampaign":
            # Its reply's id is the only thing that ties a draft to its row.
            return Sent(state=state, marks=tuple(f"{_DRAFT} {each}" for each in step.ids))
        case other:
            raise ValueError(f"the bench asks for no {other}")


def effects_of(effects: Mapping[str, Any]) -> Counter[str]:
    """The sandbox's own account, counted by mark."""
    counted: Counter[str] = Counter()
    for message in effects["messages"]:
        campaign = message["campaign_hash"]
        counted[
            f"{_CAMPAIGN} {campaign} {message['recipient']}"
            if campaign
            else _message(message["recipient"], message["text"])
        ] += 1
    for change in effects["changes"]:
        if change["kind"] == "tag_attached":
            counted[f"{_TAG} {change['subject']}"] += 1
        elif change["kind"] == "campaign_created":
            counted[f"{_DRAFT} {change['subject']}"] += 1
    return counted


def without_lost_drafts(rows: Sequence[Row], effects: Counter[str]) -> tuple[Counter[str], int]:
    """The effects but for the drafts that no row names, and how many of these no row accounts for.

    A row accounts for one where it does not know whether it made it.
    """
    named = {mark for row in rows for request in row.requests for mark in request.marks}
    lost = [mark for mark in effects if mark.startswith(f"{_DRAFT} ") and mark not in named]
    unknown = sum(
        request.state == "unknown" and not request.marks and not request.campaign
        for row in rows
        for request in row.requests
    )
    kept = Counter({mark: count for mark, count in effects.items() if mark not in lost})
    return kept, max(0, len(lost) - unknown)


def _message(recipient: str, text: str) -> str:
    return f"sms {''.join(c for c in recipient if c.isdigit())} {text}"
