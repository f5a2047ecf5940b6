"""Everything that a run of the fault bench chooses, chosen before it begins, from one seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar, get_args

Kind = Literal["one", "few", "batch", "campaign", "txtsync", "txtsync_few", "tag"]
"""One recipient, several, more than 100 (two requests), a campaign, TxtSync's two ways, a tag."""

Choice = Literal["approve", "decline", "approve_terminal", "decline_terminal", "quarrel", "revoke", "ignore"]
"""What the person does: answer the form, decide at the terminal while the form lies there, both at once
and differently, approve and take it back at once, or nothing."""

Replay = Literal["none", "same_line", "both_servers", "many_answers", "again", "cancel", "decided_again"]
"""What the client does beside: the same line twice; the same call to both servers; the last leg (of the
older protocol: the answer) several times at once, to both servers where both take it; the whole call once
more after its end; a cancelled call; a decided action decided again, and differently."""

Wire = Literal[
    "429",
    "500_before",
    "500_after",
    "503_before",
    "408_after",
    "slow",
    "reset_before",
    "reset_after",
    "unreadable",
    "timeout_before",
    "timeout_after",
]
Blow = Literal[
    "kill",
    "sigterm",
    "stdin_eof",
    "pause",
    "clock_forward",
    "clock_back",
    "disk_full",
    "disk_full_calm",
    "locked",
    "locked_calm",
    "vendor_pause",
]
"""What happens to processes and their disk; the calm ones come when nothing is under way, so that whatever
reaches the vendor during them is a send whose row could not be written."""

NUMBERS = 1000
"""The recipients are +351 900 000 000 to +351 900 000 999."""
TAGGED_UNASKED = 3
"""So many contacts, and the owner's threshold in this bench, are tagged without a question."""

_KINDS: dict[Kind, int] = {
    "one": 40,
    "few": 16,
    "batch": 6,
    "campaign": 12,
    "txtsync": 12,
    "txtsync_few": 6,
    "tag": 8,
}
_CHOICES: dict[Choice, int] = {
    "approve": 50,
    "approve_terminal": 22,
    "decline": 8,
    "decline_terminal": 4,
    "quarrel": 5,
    "revoke": 4,
    "ignore": 7,
}
_REPLAYS: dict[Replay, int] = {
    "none": 40,
    "same_line": 12,
    "both_servers": 10,
    "many_answers": 16,
    "again": 8,
    "cancel": 8,
    "decided_again": 6,
}
_BLOWS: dict[Blow, int] = {
    "kill": 22,
    "sigterm": 10,
    "stdin_eof": 10,
    "pause": 14,
    "clock_forward": 10,
    "clock_back": 10,
    "disk_full": 8,
    "disk_full_calm": 4,
    "locked": 6,
    "locked_calm": 2,
    "vendor_pause": 4,
}
_PROBES: tuple[tuple[Kind, Choice], ...] = (
    ("one", "approve_terminal"),
    ("txtsync", "approve"),
    ("txtsync", "approve"),
    ("one", "approve"),
)
"""What is tried while no row can be written; TxtSync's read nothing at the vendor before."""
SENDS = ("sendSmsMessages", "SendSMS", "SendBulkSMS", "actionSendSms", "actionAttachTag")
"""The operations that have effects; a fault meets one of them, or any request at all."""
_ANY = "*"
_T = TypeVar("_T", bound=str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One thing that a client wants done, and how its person and its client behave.

    `marker` stands in its text and nowhere else. `recipients` are places in the range of numbers, of
    contacts for a tag. Times are in seconds.
    """

    number: int
    kind: Kind
    slot: int
    choice: Choice
    replay: Replay
    recipients: tuple[int, ...]
    audience: Literal["contact", "segments", "whole_list"] = "contact"
    silent: bool = False
    """Whether the form stays unanswered while the terminal decides; else it is closed."""
    think_seconds: float = 0.0
    cancel_seconds: float = 0.0
    copies: int = 1

    @property
    def marker(self) -> str:
        """What tells its text, its title and its rows from all others."""
        return f"F{self.number:05d}"

    @property
    def text(self) -> str:
        """The exact words."""
        return f"{self.marker}: your order is on its way, example.com"

    @property
    def is_send(self) -> bool:
        """Whether it reaches people."""
        return self.kind != "tag"

    @property
    def unasked(self) -> bool:
        """Whether policy lets it pass without a person, as long as the hour's threshold has room."""
        return self.kind == "tag" and len(self.recipients) <= TAGGED_UNASKED


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One fault, before the job of number `at` begins. Durations in seconds, moments of a clock too."""

    at: int
    kind: Wire | Blow
    slot: int = 0
    seconds: float = 0.0
    lead_seconds: float = 0.0
    """How long after a send was seen under way the blow comes."""
    match: str = _ANY
    times: int = 1
    both: bool = False
    probes: tuple[Job, ...] = ()

    @property
    def on_the_wire(self) -> bool:
        """Whether the sandbox acts it out."""
        return self.kind in get_args(Wire)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All choices of a run; `eras` are those of each slot's server processes, one after the other."""

    seed: int
    jobs: tuple[Job, ...]
    events: tuple[Event, ...]
    eras: tuple[tuple[str, ...], tuple[str, ...]]

    @property
    def everything(self) -> dict[str, Job]:
        """Every job, the probes among the faults included, by its marker."""
        probes = (job for event in self.events for job in event.probes)
        return {job.marker: job for job in (*self.jobs, *probes)}


@dataclass(slots=True)
class _Chooser:
    dice: random.Random
    number: int = 0
    probes: list[Job] = field(default_factory=list[Job])

    def job(self, kind: Kind, choice: Choice, replay: Replay, *, slot: int | None = None) -> Job:
        self.number += 1
        dice = self.dice
        count = {
            "few": dice.randint(2, 5),
            "batch": dice.randint(101, 160),
            "txtsync_few": dice.randint(2, 6),
            "tag": dice.choice((1, 2, TAGGED_UNASKED, 10, 40)),
        }.get(kind, 1)
        return Job(
            number=self.number,
            kind=kind,
            slot=dice.randrange(2) if slot is None else slot,
            choice=choice,
            replay=replay,
            recipients=tuple(dice.sample(range(100 if kind == "tag" else NUMBERS), count)),
            audience=dice.choice(("contact", "segments", "whole_list")),
            silent=dice.random() < 0.5,
            think_seconds=dice.choice((0.0, 0.0, 0.05, 0.2)),
            cancel_seconds=dice.choice((0.0, 0.02, 0.1, 0.3)),
            copies=dice.randint(2, 4),
        )

    def wire(self, at: int, kind: Wire) -> Event:
        dice = self.dice
        return Event(
            at=at,
            kind=kind,
            match=dice.choice((*SENDS[:4], *SENDS, _ANY)),
            times=dice.choice((1, 1, 2, 3) if kind != "429" else (2, 4, 8)),
            seconds=dice.uniform(0.1, 0.8) if kind == "slow" else 0.0,
        )

    def blow(self, at: int, kind: Blow) -> Event:
        dice = self.dice
        calm = kind in {"disk_full_calm", "locked_calm"}
        seconds = {
            "pause": dice.uniform(0.5, 2.0),
            # Minutes, hours, days: within an action's ten minutes and beyond them.
            "clock_forward": dice.choice((60.0, 550.0, 700.0, 7200.0, 90_000.0)),
            "clock_back": dice.choice((1.0, 60.0, 700.0, 7200.0, 90_000.0)),
            "disk_full": dice.uniform(0.3, 1.5),
            "disk_full_calm": 1.0,
            "locked": dice.uniform(0.2, 1.5),
            # Longer than the store waits for a lock.
            "locked_calm": 5.4,
            "vendor_pause": dice.uniform(0.5, 2.0),
        }.get(kind, 0.0)
        return Event(
            at=at,
            kind=kind,
            slot=dice.randrange(2),
            seconds=seconds,
            lead_seconds=dice.uniform(0.0, 0.4),
            times=dice.randint(1, 3),
            both=dice.random() < 0.5,
            probes=tuple(self.job(*probe, "none", slot=place % 2) for place, probe in enumerate(_PROBES))
            if calm
            else (),
        )


def make_plan(seed: int, sends: int) -> Plan:
    """Choose a run of at least so many sends; the same seed and number choose the same.

    Every kind of send, choice, replay and fault is there at least once, else in its share.
    """
    dice = random.Random(seed)  # noqa: S311 - a load, not a secret
    chooser = _Chooser(dice)
    # Tags are no sends, so they come on top.
    total = sends + max(1, sends * _KINDS["tag"] // (sum(_KINDS.values()) - _KINDS["tag"]))
    kinds = _spread(dice, _KINDS, total)
    while sum(kind != "tag" for kind in kinds) < sends:
        kinds.append("one")
    count = len(kinds)
    choices, replays = _spread(dice, _CHOICES, count), _spread(dice, _REPLAYS, count)
    jobs = [chooser.job(*chosen) for chosen in zip(kinds, choices, replays, strict=True)]
    wires = _spread(dice, dict.fromkeys(get_args(Wire), 1), max(len(get_args(Wire)), count // 3))
    blows = _spread(dice, _BLOWS, max(len(get_args(Blow)), count // 9))
    events = [chooser.wire(dice.randrange(count), kind) for kind in wires]
    events += [chooser.blow(place * count // len(blows), kind) for place, kind in enumerate(blows)]
    restarts = len(blows) + 2
    return Plan(
        seed=seed,
        jobs=tuple(jobs),
        events=tuple(sorted(events, key=lambda event: event.at)),
        eras=(_eras(dice, restarts), _eras(dice, restarts)),
    )


def _eras(dice: random.Random, count: int) -> tuple[str, ...]:
    """The first of each slot speaks the newer protocol, so that an answer can be posted to both."""
    return ("modern", "legacy", *(dice.choice(("modern", "modern", "legacy")) for _ in range(count)))


def _spread(dice: random.Random, weights: dict[_T, int], count: int) -> list[_T]:
    """So many of the names in the share of their weights, each at least once, in any order."""
    total = sum(weights.values())
    chosen = [name for name, weight in weights.items() for _ in range(max(1, count * weight // total))]
    while len(chosen) < count:
        chosen += dice.choices(list(weights), list(weights.values()))
    _drop_the_most_frequent(chosen, max(count, len(weights)))
    dice.shuffle(chosen)
    return chosen


def _drop_the_most_frequent(chosen: list[_T], count: int) -> None:
    while len(chosen) > count:
        chosen.remove(max(dict.fromkeys(chosen), key=chosen.count))


def phone(place: int) -> str:
    """The number at a place of the range."""
    return f"+351900000{place:03d}"


def phones(job: Job) -> Sequence[str]:
    """The numbers of a job's recipients."""
    return [phone(place) for place in job.recipients]
