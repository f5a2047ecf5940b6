"""Cases on the call: the same call with one argument changed by one character, after the person said yes."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from mcp.shared.exceptions import MCPError
from mcp_types import ElicitRequest, ElicitRequestFormParams, InputRequiredResult, InputResponses

from egoi_mcp.sandbox import Sandbox, SandboxSettings
from egoi_mcp.settings import from_environ
from tests.guard.tampering.values import another_character
from tests.guard.tampering.world import RATE, Oracle, Watch
from tests.support import Answer, Era, Person, Session, opened

Arguments = dict[str, Any]
_CHAT = {
    "EGOI_MCP_CONFIRM": "chat",
    "EGOI_MCP_POLICY_MAX_RECIPIENTS_PER_ACTION": "100",
    "EGOI_MCP_POLICY_MAX_SENDS_PER_DAY": "100000",
}
_NO: tuple[Answer, ...] = ("decline", "cancel", "empty")
_TAGS = ["vip", "newsletter", "lisbon", "porto", "webinar", "b2b", "trial", "beta"]
_CONTACTS = ["11605c0096", "7b08aa7ecf", "43200e2bcc", "6cdf5bdd8a", "b1edd11869", "1ffbc0804e"]


@dataclass(slots=True, kw_only=True)
class Line:
    """A client on a server, and one case's randomness."""

    session: Session
    person: Person
    oracle: Oracle
    rng: Random
    mark: str

    def call(self) -> tuple[str, Arguments]:
        """A call that a person has to approve."""
        number = self.rng.randrange(1, 40)
        match self.rng.choice(["send_sms", "send_sms", "tag_contacts", "create_contact"]):
            case "tag_contacts":
                tag, wanted = self.rng.choice(_TAGS), self.rng.sample(_CONTACTS, self.rng.choice([1, 2]))
                return "tag_contacts", {"do": "attach", "list_id": 1, "tag": tag, "contact_ids": wanted}
            case "create_contact":
                return "create_contact", {
                    "list_id": 1,
                    "email": f"{self.mark.replace(' ', '.')}@example.com",
                    "first_name": "Ana",
                    "phone": f"+3519100{self.rng.randrange(10_000, 99_999)}",
                    "status": "active",
                    "legal_basis": "consent",
                    "source": f"form {self.mark}",
                }
            case _:
                return "send_sms", {
                    "text": f"Your order {self.mark} is ready",
                    "sender": "501",
                    "purpose": "transactional",
                    "to": [f"+3519000000{number:02d}", f"+3519000001{number:02d}"][: self.rng.choice([1, 2])],
                }

    async def approves(self, action_id: str) -> None:
        """The person says yes to an action as it is now."""
        action = await self.session.ledger.get(action_id)
        assert action is not None
        self.oracle.approve(*(step.frozen for step in action.steps))

    async def approves_the_question(self) -> None:
        """The person says yes to what they are asked now."""
        await self.approves(_named_in(self.person.forms[-1].message))


def almost(rng: Random, arguments: Arguments) -> Arguments:
    """The arguments with one of them another, by a character, a digit or an entry."""
    for _ in range(20):
        name = rng.choice(sorted(arguments))
        value = arguments[name]
        new: Any
        if isinstance(value, str):
            new = another_character(rng, value)
        elif isinstance(value, int):
            new = rng.choice([value + 1, value - 1, value + 10])
        elif rng.random() < 0.7:
            at = rng.randrange(len(value))
            new = [*value[:at], another_character(rng, value[at]), *value[at + 1 :]]
        else:
            new = rng.choice([value[1:], [*value, "+351900000199"], value[::-1]])
        if new != value:
            return arguments | {name: new}
    raise AssertionError("nothing could be changed")


CallCase = Callable[[Line], Any]


async def on_the_way_back(line: Line) -> str:
    """The newer era: the answer comes back with another call than the one that was asked about."""
    name, arguments = line.call()
    asked = await line.session.leg(name, arguments)
    assert isinstance(asked, InputRequiredResult), (name, arguments, asked)
    await line.approves(_named_in(_form(asked).message))
    other = almost(line.rng, arguments)
    with suppress(MCPError):
        await line.session.leg(name, other, asked=asked, answers=_approval(asked))
    if line.rng.random() < 0.5:
        with suppress(MCPError):
            await line.session.leg(name, arguments, asked=asked, answers=_approval(asked))
    return f"{name} {other}"


def _form(asked: InputRequiredResult) -> ElicitRequestFormParams:
    assert asked.input_requests is not None
    request = asked.input_requests["approve"]
    assert isinstance(request, ElicitRequest)
    assert isinstance(request.params, ElicitRequestFormParams)
    return request.params


def _approval(asked: InputRequiredResult) -> InputResponses:
    return {"approve": Person("approve").reply(_form(asked))}


def _named_in(question: str) -> str:
    found = re.search(r"Action (act_\w+)\.", question)
    assert found is not None
    return found[1]


async def unchanged(line: Line) -> tuple[str, Arguments]:
    """A call that a person approves, and that is all."""
    name, arguments = line.call()
    line.person.answer, line.person.first = "approve", line.approves_the_question
    await line.session.call(name, **arguments)
    return name, arguments


async def after_it(line: Line) -> str:
    """Once the call was approved and done, another one, which nobody approves."""
    name, arguments = await unchanged(line)
    assert not line.oracle.new()
    assert not line.oracle.left(), (name, arguments)
    line.person.answer, line.person.first = line.rng.choice(_NO), None
    other = almost(line.rng, arguments)
    await line.session.call(name, **other)
    return f"{name} {other}"


async def meanwhile(line: Line) -> str:
    """While the person looks at the question, another call, which nobody approves."""
    name, arguments = line.call()
    other = almost(line.rng, arguments)

    async def look() -> None:
        await line.approves_the_question()
        line.person.answer, line.person.first = "cancel", None
        await line.session.call(name, **other)
        line.person.answer = "approve"

    line.person.answer, line.person.first = "approve", look
    await line.session.call(name, **arguments)
    return f"{name} {other}"


async def by_chat(line: Line) -> str:
    """Where a second call approves: a second call that is another one."""
    name, arguments = line.call()
    asked = await line.session.call(name, **arguments)
    await line.approves(asked.action_id)
    other = almost(line.rng, arguments)
    await line.session.call(name, **other, approval=asked.action_id)
    if line.rng.random() < 0.5:
        await line.session.call(name, **arguments, approval=asked.action_id)
    return f"{name} {other}"


@asynccontextmanager
async def line(state_dir: Path, mode: Era, *, chat: bool = False) -> AsyncGenerator[Line]:
    """A client on a server over a watched vendor; the person asked is there, and approves by default."""
    sandbox = Sandbox(SandboxSettings(rate_calls=1_000_000))
    watch = Watch(sandbox)
    settings = from_environ(
        {
            "EGOI_MCP_SANDBOX": "1",
            "EGOI_MCP_STATE_DIR": str(state_dir),
            "EGOI_MCP_RATE_LIMIT": RATE,
            "EGOI_MCP_TOOLSETS": "sms,tags,contacts",
            "EGOI_MCP_POLICY_WRITE_THRESHOLD": "0",
            **(_CHAT if chat else {}),
        }
    )
    person = Person()
    async with opened(
        settings, sandbox=sandbox, transport=watch, mode=mode, person=None if chat else person
    ) as session:
        yield Line(session=session, person=person, oracle=Oracle(watch), rng=Random(0), mark="")


CALL_CASES: dict[str, tuple[CallCase, Era, bool, int]] = {
    "the call, on the way back": (on_the_way_back, "auto", False, 350),
    "the call, after it (newer era)": (after_it, "auto", False, 120),
    "the call, after it (older era)": (after_it, "legacy", False, 120),
    "the call, while the person looks": (meanwhile, "legacy", False, 110),
    "the call, by chat": (by_chat, "legacy", True, 200),
}
