"""Calls that a confused or misled model might make: any tool, any order, any arguments."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from mcp_types import Tool

from egoi_mcp.api.catalog import FrozenRequest, Request, match, thaw
from egoi_mcp.api.risk import Risk, risk_of
from egoi_mcp.sandbox.traffic import Arrival
from egoi_mcp.settings import SANDBOX_ORIGIN
from tests.support import Called, Session

JUNK: tuple[object, ...] = (
    "",
    "x" * 300,
    -1,
    0,
    2.5,
    True,
    None,
    [],
    ["x"],
    {},
    {"a": 1},
    "\u202e",
    "null",
    "[]",
)
NUMBERS = ("+351900000001", "+351900000002", "+34600000001", "+447700900201", "351-900000001", "12")
MEMBERS = ("cd5096b5fc", "acd2f1bfcf")
"""Contacts of the sandbox's list 3."""
AT_WORK = ("smsqueue01", "smspause01", "emlqueue01")
"""Campaigns of the sandbox that wait in its queue."""
WORDS: dict[str, tuple[object, ...]] = {
    "list_id": (1, 2, 3, 3, 99),
    "sender": ("101", "102", "201", "501", "502", "ACME", "hello@example.com", "nobody"),
    "to": NUMBERS,
    "phone": NUMBERS,
    "contact": (*NUMBERS, "ana@example.com"),
    "email": ("new@example.com", "ana@example.com", "x"),
    "campaign": ("smsdraft02", "emldraft02", *AT_WORK, "smssent001", "nothing"),
    "segment_ids": ("tag_1", "1", "none"),
    "tag": ("beta", "1", "vip", "nothing"),
    "when": ("now", "now", "2095-06-01T09:00", "soon"),
    "audience": ("whole_list", "segments", "contact"),
    "text": ("Your order is ready", "Sale. Reply STOP", "a" * 200, "Olá"),
    "status": ("active", "inactive", "unconfirmed"),
    "query": (*NUMBERS, "ana@example.com", "Ana"),
    "provider": ("egoi", "egoi", "txtsync"),
    "html": ("<p>Hello</p>",),
    "country": ("PT", "ES"),
    "birth_date": ("1990-02-28",),
    "preview_only": (False, False, False, True),
}


SOUND: dict[str, dict[str, object]] = {
    "send_sms": {"text": "Order", "sender": "501", "purpose": "transactional", "to": ["+351900000001"]},
    "send_campaign": {"campaign": "", "audience": "whole_list", "when": "now"},
    "create_contact": {"list_id": 3, "email": "new@example.com", "status": "active"},
    "create_campaign": {
        "channel": "sms",
        "list_id": 3,
        "title": "June",
        "sender": "102",
        "text": "Hi. Reply STOP",
    },
    "update_campaign": {"campaign": "", "sender": "102", "text": "Hello. Reply STOP"},
    "unsubscribe_contacts": {"list_id": "3", "contact_ids": []},
    "erase_contacts": {"list_id": "3", "contact_ids": []},
    "tag_contacts": {"do": "detach", "list_id": "3", "tag": "vip", "contact_ids": []},
}
"""Arguments that work; half of the calls to these tools begin with them, and vary some."""


@dataclass(slots=True)
class Model:
    """A random caller that learns ids from the answers it gets."""

    random: Random
    tools: Sequence[Tool]
    actions: list[str] = field(default_factory=lambda: ["act_22222222"])
    campaigns: list[str] = field(default_factory=list[str])
    contacts: list[str] = field(default_factory=list[str])
    last: tuple[str, dict[str, object]] | None = None

    def next_call(self) -> tuple[str, dict[str, object]]:
        """Some call; one in eight is the last one again."""
        if self.last is not None and self.random.random() < 0.125:
            return self.last
        tool = self.random.choice(self.tools)
        if tool.name in SOUND and self.random.random() < 0.7:
            self.last = (tool.name, self._sound(tool.name))
            return self.last
        schema = tool.input_schema
        required = set(schema.get("required", ()))
        arguments: dict[str, object] = {}
        for name, member in schema["properties"].items():
            if name in required or self.random.random() < 0.45:
                arguments[name] = self._value(name, member)
        if self.random.random() < 0.05:
            arguments["schedule_date"] = "2095-06-01 09:00:00"
        self.last = (tool.name, arguments)
        return self.last

    def learn(self, called: Called) -> None:
        """Keep the ids of an answer for later calls."""
        if called.action_id:
            self.actions.append(called.action_id)
        for row in called.data.get("contacts", ()):
            self.contacts.append(str(row.get("contact_id")))
        ids = [str(each) for each in called.data.get("ids", ())]
        self.campaigns += [each for each in ids if len(each) > 12]
        self.contacts += [each for each in ids if len(each) == 10]

    def _sound(self, name: str) -> dict[str, object]:
        """Arguments that should do, one of them made up in every fifth call."""
        arguments: dict[str, object] = dict(SOUND[name])
        number = self.random.randrange(10_000)
        varied: dict[str, object] = {
            "text": f"Order {number} is ready. Reply STOP",
            "email": f"new{number}@example.com",
            "to": self.random.sample(NUMBERS[:4], self.random.choice((1, 1, 2))),
            "when": self.random.choice(("now", "2095-06-01T09:00")),
            "campaign": self.random.choice((*self.campaigns[-4:], "smsqueue01")),
            "contact_ids": self.random.sample(MEMBERS, self.random.choice((1, 2))),
        }
        arguments |= {key: value for key, value in varied.items() if key in arguments}
        if self.random.random() < 0.2:
            key = self.random.choice(list(arguments))
            arguments[key] = self.random.choice(JUNK)
        return arguments

    def _value(self, name: str, member: dict[str, Any]) -> object:
        if self.random.random() < 0.06:
            return self.random.choice(JUNK)
        learnt: dict[str, list[str]] = {
            "action_id": self.actions,
            "campaign": self.campaigns,
            "contact_id": self.contacts,
            "contact_ids": self.contacts,
        }
        pool: list[object] = [*learnt.get(name, ()), *WORDS.get(name, ())]
        if member.get("type") == "array":
            count = self.random.choice((1, 1, 2, 3))
            some = [self.random.choice(pool or ["x"]) for _ in range(count)]
            return some if self.random.random() < 0.8 else json.dumps(some)
        if pool:
            return self.random.choice(pool)
        if "enum" in member:
            return self.random.choice(member["enum"])
        simple = {"integer": 3, "boolean": self.random.random() < 0.5, "number": 1.5}
        return simple.get(member["type"], "June")


def meant(arrival: Arrival) -> Request:
    """What a request that arrived at the sandbox asks for."""
    return thaw(frozen_of(arrival))


def frozen_of(arrival: Arrival) -> FrozenRequest:
    """The bytes that arrived, as the ledger keeps them."""
    name = match(arrival.api, arrival.method, arrival.target).api
    return FrozenRequest(name, arrival.method, SANDBOX_ORIGIN, arrival.target, arrival.body)


def above(session: Session, risk: Risk) -> list[Arrival]:
    """The requests that arrived and do more than `risk`."""
    return [each for each in session.sandbox.requests.arrivals if risk_of(meant(each)) > risk]
