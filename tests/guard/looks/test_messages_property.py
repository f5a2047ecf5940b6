"""Random batches, other actions and other people's messages: what is settled never contradicts the vendor."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st

from egoi_mcp.guard.action import State, Step, StepState
from egoi_mcp.guard.looks.times import LAG_SECONDS, SKEW_SECONDS
from egoi_mcp.sandbox import Fault
from egoi_mcp.sandbox.faults import FaultKind
from tests.guard.looks.acting import Acting, Deed, acting

NUMBERS = tuple(f"351-90000010{place}" for place in range(2))
TEXTS = ("Your order is ready", "Your table is free")
MARGIN_SECONDS = 30.0
"""More than an example takes, so that what lies at a span's edge is on neither side by chance."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An action of this server; `dropped` are the places in its batch that the vendor did not take."""

    to: tuple[str, ...]
    words: str
    fate: str
    dropped: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Outside:
    """A message of somebody else, so many seconds from now."""

    to: str
    words: str
    apart: float
    group: str
    sender: str


@dataclass(frozen=True, slots=True)
class Passes:
    """Time."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Asked:
    """`check_action` for every action so far."""


ACTIONS = st.builds(
    Sent,
    to=st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=2, unique=True).map(tuple),
    words=st.sampled_from([*TEXTS[:1] * 3, *TEXTS]),
    fate=st.sampled_from(["answered", "happened", "happened", "not", "not", "in part"]),
    dropped=st.lists(st.integers(0, 1), min_size=1, max_size=1).map(tuple),
)
MESSAGES = st.builds(
    Outside,
    to=st.sampled_from(NUMBERS),
    words=st.sampled_from([*TEXTS[:1] * 3, *TEXTS]),
    apart=st.sampled_from([0.0, 0.0, -3600.0, -15 * 3600.0]),
    group=st.sampled_from(["default", "default", "orders"]),
    sender=st.sampled_from(["501", "501", "502"]),
)
EVENTS = st.lists(
    st.one_of(
        ACTIONS, ACTIONS, MESSAGES, st.builds(Passes, st.sampled_from([200.0, 4000.0])), st.just(Asked())
    ),
    min_size=2,
    max_size=8,
)


@dataclass(slots=True)
class World:
    """What really happened, by the model's own time in seconds."""

    act: Acting
    at: float = 0.0
    actions: dict[str, tuple[Sent, float, frozenset[str]]] = field(
        default_factory=dict[str, "tuple[Sent, float, frozenset[str]]"]
    )
    others: list[tuple[Outside, float]] = field(default_factory=list["tuple[Outside, float]"])

    async def play(self, event: Sent | Outside | Passes | Asked) -> None:
        match event:
            case Sent():
                if not any(_alike(event, each, when - self.at) for each, when in self.others):
                    await self._send(event)
            case Outside():
                when = self.at + event.apart
                if not any(_alike(sent, event, when - at) for sent, at, _ in self.actions.values()):
                    self.act.outside(
                        event.to, event.words, apart=event.apart, group=event.group, sender_id=event.sender
                    )
                    self.others.append((event, when))
            case Passes():
                self.act.pass_time(event.seconds)
                self.at += event.seconds
            case Asked():
                await self.ask()

    async def _send(self, sent: Sent) -> None:
        messages = self.act.sandbox.world.transactional.messages
        before = set(messages)
        if sent.fate != "answered":
            kind: FaultKind = "reset_before" if sent.fate == "not" else "reset_after"
            self.act.sandbox.faults.add(Fault(kind=kind, match="sendSmsMessages"))
        body = [{"to": to, "from": "501", "textBody": sent.words} for to in sent.to]
        told = await self.act.do(Deed("sendSmsMessages", body, api="transactional"))
        if sent.fate == "in part":
            gone = {sent.to[place] for place in sent.dropped if place < len(sent.to)}
            for number in [each for each in set(messages) - before if messages[each].to in gone]:
                del messages[number]
        made = frozenset(str(each) for each in set(messages) - before)
        self.actions[told.action_id] = (sent, self.at, made)

    async def ask(self) -> None:
        for action_id, (sent, _, made) in self.actions.items():
            told = await self.act.check(action_id)
            action = await self.act.action(action_id)
            (step,) = action.steps
            assert told.status == action.state.value
            truthful(step, sent, made)

    def alone(self) -> bool:
        """Whether one action and nothing else reached these numbers."""
        return len(self.actions) == 1 and not self.others


def truthful(step: Step, sent: Sent, made: frozenset[str]) -> None:
    """What a step says of itself is what the vendor has, and its ids are its own."""
    if step.state is StepState.SUCCEEDED:
        assert len(made) == len(sent.to)
    elif step.state is StepState.FAILED:
        assert not made
    elif step.state is StepState.PARTIAL:
        assert 0 < len(made) < len(sent.to)
    else:
        assert step.state is StepState.UNKNOWN
    assert set(step.ids) <= made


def _alike(sent: Sent, other: Outside, apart: float) -> bool:
    """Whether nothing at all tells another's message from the action's: that is what no one can settle."""
    same = other.to in sent.to and other.words == sent.words
    plain = (other.group, other.sender) == ("default", "501")
    earliest, latest = -SKEW_SECONDS - MARGIN_SECONDS, SKEW_SECONDS + LAG_SECONDS + MARGIN_SECONDS
    return same and plain and earliest <= apart <= latest


@settings(max_examples=60)
@given(events=EVENTS)
def test_what_is_settled_never_contradicts_what_the_vendor_counted(
    events: list[Sent | Outside | Passes | Asked],
) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with acting(Path(folder)) as act:
                world = World(act)
                for event in [*events, Asked(), Passes(200.0), Asked()]:
                    await world.play(event)
                if world.alone():
                    (action_id,) = world.actions
                    assert (await act.action(action_id)).state is not State.UNKNOWN

    anyio.run(run)
