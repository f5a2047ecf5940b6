"""Cases on the action's row: an action brought to some stage, its row changed, and the servers let loose."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from egoi_mcp.api.catalog import Request, operation
from egoi_mcp.errors import EgoiMcpError
from egoi_mcp.guard.action import Action, Channel, State
from egoi_mcp.store.protocol import Decision
from tests.guard.tampering.rows import COLUMNS, ROW_WAYS, Cast, Way, several, states, swapped
from tests.guard.tampering.values import Value
from tests.guard.tampering.world import World
from tests.store.ledgers import NO_CAPS

_TRIES = 50
_PEOPLE = [f"351-9000000{number:02d}" for number in range(1, 40)]
_CONTACTS = ["11605c0096", "7b08aa7ecf", "0000000001", "abcdef0123"]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a case: what was changed, how many approved requests went out, and what was wrong."""

    said: str
    sent: int
    wrong: tuple[str, ...]


Case = Callable[["Stage"], Awaitable[str]]


# -- what is done --------------------------------------------------------------------------------


def messages(rng: Random, mark: str) -> tuple[str, tuple[Request, ...]]:
    """Messages of E-goi's transactional API, one to three requests."""
    send = operation("transactional", "sendSmsMessages")

    def body(number: int) -> list[dict[str, str | int]]:
        people = rng.sample(_PEOPLE, rng.choice([1, 1, 2]))
        text = f"{mark} {number}"
        return [{"to": to, "from": "501", "textBody": text, "maxCount": 1} for to in people]

    return "egoi", tuple(
        Request(operation=send, body=body(number)) for number in range(rng.choice([1, 2, 3]))
    )


def texts(rng: Random, mark: str) -> tuple[str, tuple[Request, ...]]:
    """Messages of TxtSync."""
    send = operation("txtsync", "SendSMS")

    def body(number: int) -> dict[str, str]:
        return {"From": "ACME", "To": f"+3519000000{rng.randrange(1, 40):02d}", "Message": f"{mark} {number}"}

    return "txtsync", tuple(
        Request(operation=send, body=body(number)) for number in range(rng.choice([1, 2]))
    )


def tags(rng: Random, mark: str) -> tuple[str, tuple[Request, ...]]:
    """A tag put on contacts: what may be sent again after a crash."""
    attach = operation("egoi", "actionAttachTag")
    path: dict[str, str | int] = {"list_id": 1}
    contact = f"{abs(hash_of(mark)) % 16**10:010x}"
    return "egoi", tuple(
        Request(operation=attach, path=path, body={"tag_id": tag, "contacts": [contact]})
        for tag in rng.sample([1, 2, 3], rng.choice([1, 2, 3]))
    )


def removals(rng: Random, mark: str) -> tuple[str, tuple[Request, ...]]:
    """Contacts unsubscribed: what cannot be undone."""
    data = {
        "contact_id": rng.choice(_CONTACTS),
        "unsubscription_method": "manual",
        "unsubscription_reason": "other",
        "unsubscription_observation": mark,
    }
    path: dict[str, str | int] = {"list_id": 2}
    return "egoi", (
        Request(operation=operation("egoi", "actionUnsubscribeContact"), path=path, body={"data": [data]}),
    )


def hash_of(text: str) -> int:
    """A number that a text alone determines."""
    return int.from_bytes(text.encode(), "big") * 2_654_435_761


DEEDS = (messages, messages, texts, tags, removals)


# -- stages --------------------------------------------------------------------------------------


@dataclass(slots=True)
class Stage:
    """A world with bystanders in its file, and one case's randomness."""

    world: World
    others: tuple[str, ...]
    rng: Random
    mark: str

    async def proposal(self, **terms: Any) -> Action:
        """A new proposal."""
        connection, requests = self.rng.choice(DEEDS)(self.rng, self.mark)
        draft = await self.world.draft(*requests, connection=connection)
        return await self.world.propose(replace(draft, terms=replace(draft.terms, **terms)))

    async def approved(self, **terms: Any) -> Action:
        """A new proposal that a person approved."""
        action = await self.proposal(**terms)
        await self.world.approve(action)
        return action

    def tamper(self, action: Action, *ways: Way) -> str:
        """Change something of the action, really."""
        cast = Cast(victim=action.id, others=self.others, owners=(None, "dead", *self.world.owners))
        for _ in range(_TRIES):
            if (said := self.rng.choice(ways)(self.rng, self.world.db, cast)) is not None:
                return said
        raise AssertionError(f"nothing could be changed by any of {ways}")

    async def after(self, action: Action) -> None:
        """Let everything happen that may, by both servers and at the door."""
        servers = list(self.world.servers)
        self.rng.shuffle(servers)
        await self.world.drive(*servers)
        if self.rng.random() < 0.2:
            requests = tuple(step.frozen for step in action.steps)
            await self.world.knock(requests, (action.id, *self.others))
        if self.rng.random() < 0.1:
            with suppress(EgoiMcpError):
                await servers[0].guard.check(action.id)


ANY: tuple[Way, ...] = (*ROW_WAYS.values(), several, several)


async def approved_then_changed(stage: Stage) -> str:
    """Between the approval and the claim: the case of cases."""
    action = await stage.approved()
    said = stage.tamper(action, *ANY)
    await stage.after(action)
    return said


async def shown_then_changed(stage: Stage) -> str:
    """Between the preview and the approval: the person approves what they were shown."""
    action = await stage.proposal()
    said = stage.tamper(action, *ANY)
    await stage.world.approve(action)
    await stage.after(action)
    return said


async def changed_under_way(stage: Stage) -> str:
    """Between the first request and the next, while the vendor answers."""
    action = await stage.approved()
    said: list[str] = []
    stage.world.watch.meanwhile = lambda: said.append(stage.tamper(action, *ANY))
    await stage.after(action)
    return said[0]


async def done_then_set_back(stage: Stage) -> str:
    """After the end: the row made to look as if it had not begun."""
    action = await stage.approved()
    await stage.world.drive(stage.world.first)
    assert not stage.world.oracle.new()
    assert not stage.world.oracle.left()
    said = stage.tamper(action, states, states, several, swapped)
    await stage.after(action)
    return said


async def stopped_then_set_back(stage: Stage) -> str:
    """After a person stopped it, or its time was up."""
    action = await stage.approved()
    store = stage.world.first.store
    how = stage.rng.choice([State.REVOKED, State.VOID, State.EXPIRED])
    if how is State.EXPIRED:
        stage.world.rows.let_pass(700)
        await store.open_action(action.digest)
    else:
        await store.decide(action.id, Decision(state=how, channel=Channel.TERMINAL, by="owner"))
    stage.world.oracle.withdraw()
    said = stage.tamper(action, states, states, several, swapped)
    await stage.after(action)
    return f"{how.value}, then {said}"


async def declined_then_set_back(stage: Stage) -> str:
    """After a person said no."""
    action = await stage.proposal()
    decline = Decision(state=State.DECLINED, channel=Channel.TERMINAL, by="owner")
    await stage.world.first.store.decide(action.id, decline)
    said = stage.tamper(action, states, several, swapped)
    await stage.after(action)
    return said


async def never_approved(stage: Stage) -> str:
    """A proposal that nobody has answered, or only one of the two who must."""
    two = stage.rng.random() < 0.5
    action = await stage.proposal(approvals=2 if two else 1)
    if two:
        await stage.world.approve(action, by="ana")
        stage.world.oracle.withdraw()
    said = stage.tamper(action, states, several, swapped)
    await stage.after(action)
    return said


async def held_then_changed(stage: Stage) -> str:
    """Approved, and held for five minutes that do not pass."""
    action = await stage.approved(hold_seconds=300.0)
    stage.world.oracle.withdraw()
    said = stage.tamper(action, *ANY)
    for app in stage.world.servers:
        with suppress(EgoiMcpError):
            await app.store.claim(action.id, owner="heir", caps=NO_CAPS)
    await stage.world.knock(tuple(step.frozen for step in action.steps), (action.id,))
    return said


ROW_CASES: Mapping[str, tuple[Case, int]] = {
    "the row, between approval and claim": (approved_then_changed, 2700),
    "the row, between preview and approval": (shown_then_changed, 800),
    "the row, between two requests": (changed_under_way, 800),
    "the row, after the end": (done_then_set_back, 1500),
    "the row, after it was stopped": (stopped_then_set_back, 700),
    "the row, after it was declined": (declined_then_set_back, 400),
    "the row, never approved": (never_approved, 500),
    "the row, while it is held": (held_then_changed, 400),
}


# -- running them --------------------------------------------------------------------------------


async def bystanders(world: World) -> tuple[str, ...]:
    """Actions to take things from: two that were done, one by each server, and three that never may be.

    Nobody answered the one, of the second one of two has approved it, the third was approved and revoked.
    """
    found: list[Action] = []
    for number, app in enumerate(world.servers):
        found.append(await world.propose(await world.draft(*messages(Random(number), f"done {number}")[1])))
        await world.approve(found[-1])
        await world.drive(app)
        assert not world.oracle.new()
        assert not world.oracle.left()
    world.owners = tuple(str(row[0]) for row in world.db.execute("SELECT owner FROM actions ORDER BY rowid"))
    for number in range(3):
        draft = await world.draft(*messages(Random(number), f"never {number}")[1])
        two = replace(draft.terms, approvals=2 if number == 1 else 1)
        found.append(await world.propose(replace(draft, terms=two)))
    await world.approve(found[3], by="ana")
    await world.approve(found[4])
    revoke = Decision(state=State.REVOKED, channel=Channel.TERMINAL, by="owner")
    await world.first.store.decide(found[4].id, revoke)
    world.oracle.withdraw()
    return tuple(each.id for each in found)


Snapshot = Mapping[str, list[tuple[Value, ...]]]


def snapshot(world: World) -> Snapshot:
    """Every row of the file."""
    return {
        table: world.db.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()  # noqa: S608 - names of the schema
        for table, columns in COLUMNS.items()
    }


def restore(world: World, rows: Snapshot) -> None:
    """Leave nothing in the file but these."""
    world.db.execute("BEGIN IMMEDIATE")
    for table, columns in COLUMNS.items():
        world.db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of the schema
        marks = ", ".join("?" * len(columns))
        world.db.executemany(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608 - names of the schema
            rows[table],
        )
    world.db.execute("COMMIT")


async def run(world: World, others: tuple[str, ...], case: Case, seed: str) -> Done:
    """Run one case and judge it; the file's other rows are as before afterwards."""
    rng = Random(seed)
    stage = Stage(world, others, rng, seed)
    before = len(world.watch.arrived)
    said = await case(stage)
    wrong = world.oracle.new()
    sent = len(world.watch.arrived) - before - len(wrong)
    world.oracle.withdraw()
    world.watch.meanwhile = None
    return Done(said, sent, tuple(wrong))
