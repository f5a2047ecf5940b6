"""What a client may do with the protocol beside using it well: legs in any order, answers to other questions.

The deeds are of the whole catalog, as a tool would make them that takes any operation; ids of the sandbox,
so that most would take effect.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from mcp.shared.exceptions import MCPError
from mcp_types import ElicitRequest, ElicitRequestFormParams, InputRequiredResult, InputResponses

from egoi_mcp.api.catalog import (
    APIS,
    Api,
    FrozenRequest,
    JsonValue,
    Operation,
    Request,
    operation,
    operations,
)
from egoi_mcp.api.risk import Risk
from egoi_mcp.errors import EgoiMcpError
from egoi_mcp.guard.action import State
from tests.guard.deeds import Deeds, plan_of
from tests.support import Answer, Called, Person

CONTACTS = ("11605c0096", "7b08aa7ecf", "43200e2bcc", "6cdf5bdd8a")
IDS: dict[str, Sequence[str | int]] = {
    "list_id": (1, 2, 3),
    "contact_id": CONTACTS,
    "campaign_hash": ("smsdraft02", "smsqueue01", "emldraft02", "smssent001"),
    "tag_id": (1, 2, 3, 99),
    "segment_id": ("saved_11", "tag_1"),
}
BODIES: Sequence[tuple[Api, str, JsonValue]] = (
    ("egoi", "actionActivateContacts", {"type": "contacts", "contacts": list(CONTACTS[:2])}),
    ("egoi", "actionActivateContacts", {"type": "all"}),
    ("egoi", "actionDeactivateContacts", {"type": "all"}),
    ("egoi", "actionForgetContacts", {"contacts": list(CONTACTS[2:])}),
    ("egoi", "actionAttachTag", {"tag_id": 2, "contacts": list(CONTACTS)}),
    ("egoi", "actionAttachTag", {"tag_id": 3, "segment_id": "saved_11"}),
    ("egoi", "actionDetachTag", {"tag_id": 1, "contacts": [CONTACTS[0]]}),
    ("egoi", "patchContact", {"base": {"first_name": "Ana"}}),
    ("egoi", "patchContact", {"base": {"status": "active"}}),
    ("egoi", "actionSendSms", {"list_id": 1, "segments": {"type": "none"}, "destination_field": "cellphone"}),
    ("egoi", "actionSendSms", {"list_id": 3, "segments": {"type": "none"}, "destination_field": "cellphone"}),
    ("egoi", "patchSmsCampaign", {"content": {"message": "Buy now. Reply STOP"}}),
    ("egoi", "actionExportContacts", {"callback_url": "https://hooks.example.com/x", "fields": ["email"]}),
    (
        "egoi",
        "actionImportBulk",
        {"mode": "update", "compare_field": "email", "contacts": [], "force_empty": True},
    ),
    ("txtsync", "SendSMS", {"From": "ACME", "To": "+351900000001", "Message": "Hello"}),
    ("txtsync", "SendBulkSMS", {"From": "ACME", "ToTagName": ["vip"], "Message": "Hello"}),
    ("txtsync", "InboundSMS", {"URL": "https://hooks.example.com/x"}),
)
"""Bodies that mean something, of every risk; everything else gets none, or junk."""
NO_ANSWERS: tuple[InputResponses | None, ...] = (None, {})


def any_request(random: Random) -> Request:
    """A request to any operation that does more than read."""
    if random.random() < 0.2:
        text, to = f"Hello {random.randrange(40)}", random.choice(("351-900000001", "351-900000002"))
        message: JsonValue = [{"to": to, "from": "501", "textBody": text, "maxCount": 1}]
        return Request(operation=operation("transactional", "sendSmsMessages"), body=message)
    if random.random() < 0.6:
        api, name, body = random.choice(BODIES)
        return _with_ids(random, operation(api, name), body)
    entry = random.choice([each for api in APIS for each in operations(api) if each.risk > Risk.READ])
    return _with_ids(random, entry, {"name": f"n{random.randrange(40)}"} if entry.has_body else None)


def _with_ids(random: Random, entry: Operation, body: JsonValue) -> Request:
    path: dict[str, str | int] = {}
    query: dict[str, str | int | bool] = {}
    for each in entry.parameters:
        if each.location == "path":
            path[each.name] = random.choice(
                IDS.get(each.name, (1, 2) if each.type == "integer" else ("1", "2"))
            )
        elif each.required:
            query[each.name] = each.enum[0] if each.enum else 1 if each.type == "integer" else "1"
    return Request(operation=entry, path=path, query=query, body=body)


@dataclass(slots=True)
class Mischief:
    """Drives one session; `approved` holds what somebody said yes to, by action, as it was then."""

    session: Deeds
    random: Random
    person: Person
    may_approve: bool
    approved: dict[str, tuple[FrozenRequest, ...]] = field(
        default_factory=dict[str, tuple[FrozenRequest, ...]]
    )
    asked: list[tuple[str, InputRequiredResult]] = field(
        default_factory=list[tuple[str, InputRequiredResult]]
    )
    ids: list[str] = field(default_factory=lambda: ["act_22222222"])
    done: Counter[str] = field(default_factory=Counter[str])

    async def step(self) -> None:
        """Do one thing."""
        what = self.random.choice(
            (
                "call",
                "call",
                "call",
                "leg",
                "leg",
                "leg",
                "back",
                "back",
                "back",
                "check",
                "undo",
                "terminal",
                "time",
            )
        )
        try:
            await getattr(self, f"_{what}")()
        except MCPError:
            self.done["refused by the protocol"] += 1
        self.done[what] += 1

    def _plan(self) -> str:
        """The key of a plan: a new one, or an earlier one again."""
        plans = self.session.plans
        if plans and self.random.random() < 0.25:
            return self.random.choice(sorted(plans))
        requests = tuple(any_request(self.random) for _ in range(self.random.choice((1, 1, 2))))
        if len({each.operation.api for each in requests}) > 1:
            requests = requests[:1]
        key = str(len(plans))
        sms = all(each.operation.name == "sendSmsMessages" for each in requests)
        plans[key] = plan_of(*requests, recipients=self.random.choice((1, 30)) if sms else None)
        return key

    async def _call(self) -> None:
        self.person.first = self._answers
        self._learn(await self.session.call("do_plan", key=self._plan()))

    async def _answers(self) -> None:
        """Answer what is asked now, and keep what was approved."""
        self.person.answer = self._answer(self.person.forms[-1])
        if self.person.answer == "approve":
            await self._approves(_named_in(self.person.forms[-1]))

    async def _approves(self, action_id: str) -> None:
        """Keep the bytes: of an action that erases somebody the ledger forgets them."""
        action = await self.session.ledger.get(action_id)
        assert action is not None
        # A yes to what was declined, or has expired, approves nothing any more.
        if action.state is State.PROPOSED:
            self.approved[action.id] = tuple(step.frozen for step in action.steps)

    def _answer(self, form: ElicitRequestFormParams) -> Answer:
        """Any answer; a count is only got wrong where one is asked for."""
        answers: tuple[Answer, ...] = ("decline", "cancel", "empty")
        if "recipients" in form.requested_schema["properties"]:
            answers = (*answers, "without count", "wrong count")
        return "approve" if self.may_approve and self.random.random() < 0.4 else self.random.choice(answers)

    async def _leg(self) -> None:
        key = self._plan()
        self.person.first = self._answers
        told = await self.session.leg("do_plan", {"key": key})
        if isinstance(told, InputRequiredResult):
            self.asked.append((key, told))
        else:
            self._learn(told)

    async def _back(self) -> None:
        """Bring an answer back: to its own question or another's, with its own arguments or another's."""
        if not self.asked:
            return
        key, asked = self.random.choice(self.asked[-6:])
        form = _form(asked)
        other_key, other = self.random.choice(self.asked)
        answer = self._answer(form)
        reply = Person(answer).reply(form)
        answers: InputResponses | None = {"approve": reply}
        sent, state = key, asked
        match self.random.randrange(8):
            case 0:
                sent = other_key
            case 1:
                state = other
            case 2:
                answers = self.random.choice(NO_ANSWERS) if self.random.random() < 0.7 else {"other": reply}
            case 3:
                state = asked.model_copy(update={"request_state": self.random.choice(("x", _named_in(form)))})
            case _:
                pass
        if answers and "approve" in answers and answer == "approve":
            # Whoever reads the question that the state stands for may have meant that one.
            await self._approves(_named_in(form))
            await self._approves(_named_in(_form(state)))
        told = await self.session.leg("do_plan", {"key": sent}, asked=state, answers=answers)
        if isinstance(told, Called):
            self._learn(told)

    async def _check(self) -> None:
        self._learn(await self.session.call("check_action", action_id=self.random.choice(self.ids)))

    async def _undo(self) -> None:
        self.person.first = self._answers
        self._learn(await self.session.call("undo_action", action_id=self.random.choice(self.ids)))

    async def _terminal(self) -> None:
        """A decision at the terminal, of any action in any state."""
        states = [
            State.DECLINED,
            State.REVOKED,
            State.VOID,
            *([State.APPROVED] * 3 if self.may_approve else []),
        ]
        action_id, state = self.random.choice(self.ids[1:] or self.ids), self.random.choice(states)
        if action_id == self.ids[0]:
            return
        before = dict(self.approved)
        try:
            if state is State.APPROVED:
                # Before it is: the server may carry it out, and forget it, in the same moment.
                await self._approves(action_id)
            await self.session.decide(action_id, state)
        except EgoiMcpError:
            self.approved = before

    async def _time(self) -> None:
        """Time passes: sometimes so much that proposals and approvals expire."""
        self.session.rows.let_pass(self.random.choice((1, 60, 200, 700)))

    def _learn(self, told: Called) -> None:
        self.done[told.status] += 1
        if told.action_id:
            self.ids.append(told.action_id)


def _form(asked: InputRequiredResult) -> ElicitRequestFormParams:
    assert asked.input_requests is not None
    request = asked.input_requests["approve"]
    assert isinstance(request, ElicitRequest)
    assert isinstance(request.params, ElicitRequestFormParams)
    return request.params


def _named_in(form: ElicitRequestFormParams) -> str:
    return form.message.rpartition("Action ")[2].split(".")[0]
