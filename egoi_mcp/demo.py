"""The main job from end to end, by a real MCP client and the real server, against the built-in stand-in.

Every step says what it expects and fails the demo where it gets something else.
"""

from __future__ import annotations

import json
import sys
import tempfile
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import anyio
from mcp import Client, StdioServerParameters
from mcp.client import ClientRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult, Implementation, TextContent

from egoi_mcp import __version__
from egoi_mcp.errors import EgoiMcpError

_ABOVE_THE_PACKAGE = Path(__file__).resolve().parents[1]
_WIDTH = 96
_PHONE = "+351900000001"
_TEXT = "Team lunch on Friday at 13:00, usual place. Reply STOP to opt out"
_CODE = "Your table for Friday is booked. ACME"

_WELCOME = """\
egoi-mcp: an AI assistant runs a company's E-goi account, and a person approves what reaches people.

This is a real MCP client that talks over stdio to the real server. Only the vendors are a stand-in,
inside the server: no account, no key, and nothing leaves this machine. In real life a model chooses
the calls and a person answers the questions; here the demo plays both, and says so."""

_FAREWELL = """\
What you saw: reading and small changes run by themselves; whatever reaches people waits for a person,
who is shown exactly what goes out; each approval counts once; and a repetition is noticed.

Next: connect your own assistant, as README.md says. EGOI_MCP_SANDBOX=1 keeps it on the stand-in."""


class DemoFailed(EgoiMcpError):
    """A step came out otherwise than the demo promises."""


@dataclass(slots=True)
class _Person:
    """Who answers the server's questions; the demo says how."""

    answers: list[str] = field(default_factory=list[str])
    asked: int = 0
    most_lines: int = 40

    async def answer(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        if not isinstance(params, ElicitRequestFormParams) or not self.answers:
            raise DemoFailed("The server asked a question that this step does not expect.")
        self.asked += 1
        decision = self.answers.pop(0)
        _box("the person is asked", params.message, self.most_lines)
        print(f"\n  The demo, playing the person, answers: {decision}")
        return ElicitResult(action="accept", content={"decision": decision})


@dataclass(slots=True, kw_only=True)
class _Stage:
    """One connection to the server, and what has been shown so far."""

    client: Client
    person: _Person
    pause: bool
    steps: int = 0

    async def step(self, title: str, why: str) -> None:
        if self.pause and self.steps:
            print("\n[Enter] ", end="", flush=True)
            sys.stdin.readline()
        self.steps += 1
        print(f"\n{self.steps}. {title}\n{'-' * (len(title) + 3)}")
        print(textwrap.fill(why, _WIDTH))

    async def call(
        self, tool: str, *, expect: str | None = None, most_lines: int = 40, **arguments: object
    ) -> Mapping[str, Any]:
        """Call a tool and show call and answer; `expect` is the status that an action must come to."""
        said = ", ".join(
            f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items()
        )
        print("\n  The model calls")
        print(_indented(f"{tool}({said})"))
        result = await self.client.call_tool(tool, dict(arguments))
        text = "\n".join(part.text for part in result.content if isinstance(part, TextContent))
        print("  and gets back")
        print(_indented(text, most_lines))
        data = cast("Mapping[str, Any]", result.structured_content or {})
        status = data.get("status")
        if expect is None and result.is_error:
            raise DemoFailed(f"{tool} failed: {text}")
        if expect is not None and status != expect:
            raise DemoFailed(f"{tool} answered {status!r} where {expect!r} was expected.")
        return data


def demo(*, pause: bool) -> int:
    """Run every step; 0 where all came out as they should.

    Raises:
        DemoFailed: one did not.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="egoi-mcp-demo-") as folder:
            anyio.run(_demo, folder, pause)
    except* MCPError as errors:
        raise DemoFailed("The server did not answer. What it wrote above says why.") from errors
    return 0


async def _demo(state_dir: str, pause: bool) -> None:
    print(_WELCOME)
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "egoi_mcp"],
        # From here `-m` finds this very code, wherever the demo was started.
        cwd=_ABOVE_THE_PACKAGE,
        env={"EGOI_MCP_SANDBOX": "1", "EGOI_MCP_STATE_DIR": state_dir, "EGOI_MCP_BROWSER": "off"},
    )
    person = _Person()
    info = Implementation(name="egoi-mcp-demo", version=__version__)
    async with Client(server, client_info=info, elicitation_callback=person.answer) as client:
        stage = _Stage(client=client, person=person, pause=pause)
        await _read_and_tag(stage)
        await _send_a_campaign(stage)
        await _send_one_sms(stage)
    async with Client(server, client_info=info) as client:
        await _without_questions(_Stage(client=client, person=person, pause=pause, steps=stage.steps))
    print(f"\n{'=' * _WIDTH}\n{_FAREWELL}")


async def _read_and_tag(stage: _Stage) -> None:
    await stage.step("Find a contact", "Reading needs nobody's approval.")
    found = await stage.call("search_contacts", query=_PHONE)
    _check(len(found["contacts"]) == 1, "one contact was found")
    contact = found["contacts"][0]
    contact_id, list_id = contact["contact_id"], contact["list_id"]
    await stage.step("Tag it", "One tag on one contact can be taken back, so nobody is asked.")
    await stage.call(
        "tag_contacts",
        do="attach",
        expect="succeeded",
        list_id=list_id,
        tag="webinar",
        contact_ids=[contact_id],
    )
    seen = await stage.call("get_contact", most_lines=3, contact_id=contact_id, list_id=list_id)
    _check(len(seen["contact"]["tags"]) == len(contact.get("tags", ())) + 1, "the contact has one tag more")
    _check(stage.person.asked == 0, "nobody was asked")


async def _send_a_campaign(stage: _Stage) -> None:
    await stage.step("Write an SMS campaign", "A draft reaches nobody.")
    draft = await stage.call(
        "create_campaign",
        expect="succeeded",
        channel="sms",
        list_id=3,
        title="Team lunch",
        sender="ACME",
        text=_TEXT,
    )
    campaign = draft["ids"][0]
    send: dict[str, Any] = {"campaign": campaign, "audience": "whole_list", "when": "now"}
    await stage.step("See what a send would do", "A preview: nobody is asked and nothing is sent.")
    await stage.call("send_campaign", expect="preview", **send, preview_only=True)
    before = await stage.call("get_report", campaign=campaign)
    _check(before["counts"].get("sends", 0) == 0, "nothing was sent")
    _check(stage.person.asked == 0, "nobody was asked")
    await stage.step(
        "Send it",
        "Now people are reached, so the server asks the person, through the assistant's own window.",
    )
    stage.person.answers.append("approve")
    sent = await stage.call("send_campaign", expect="succeeded", **send)
    _check(stage.person.asked == 1, "the person was asked once")
    await stage.step("Check what happened", "By the record of the action, and by the vendor's report.")
    await stage.call("check_action", expect="succeeded", action_id=sent["action_id"])
    after = await stage.call("get_report", campaign=campaign)
    _check(after["counts"]["sends"] > 0, "the report counts what was sent")


async def _send_one_sms(stage: _Stage) -> None:
    sms: dict[str, Any] = {"to": [_PHONE], "text": _CODE, "sender": "ACME", "purpose": "transactional"}
    await stage.step("Send one SMS", "One message to one person is asked about just the same.")
    stage.person.answers.append("approve")
    first = await stage.call("send_sms", expect="succeeded", **sms)
    await stage.step(
        "The model does it again",
        "Models repeat calls, after a time-out for instance. The server recognises the same text to the same "
        "person and warns; this time the person declines.",
    )
    stage.person.answers.append("decline")
    stage.person.most_lines = 6
    second = await stage.call("send_sms", expect="declined", **sms)
    _check(second.get("duplicate_of") == first["action_id"], "it was recognised as a duplicate")
    _check(stage.person.asked == 3, "the person was asked three times in all")


async def _without_questions(stage: _Stage) -> None:
    await stage.step(
        "A client that cannot ask",
        "Some assistants cannot show a question. Then the server opens a page in the person's own browser, "
        "which this demo leaves out. Nothing is sent: the model is told where a person approves, but no "
        "address, and asks later what became of it.",
    )
    proposed = await stage.call(
        "send_sms",
        expect="needs_approval",
        most_lines=5,
        to=["+351900000002"],
        text="Your order is ready",
        sender="ACME",
        purpose="transactional",
    )
    await stage.call("check_action", expect="needs_approval", most_lines=2, action_id=proposed["action_id"])


def _check(holds: bool, what: str) -> None:
    if not holds:
        raise DemoFailed(f"It should be so that {what}, and it is not.")
    print(f"  Checked: {what}.")


def _indented(text: str, most_lines: int = 40) -> str:
    return "\n".join(f"    {line}".rstrip() for line in _wrapped(text, _WIDTH - 6, most_lines))


def _box(title: str, text: str, most_lines: int) -> None:
    inner = _WIDTH - 6
    print(f"\n  ┌─ {title} {'─' * (inner - len(title) - 1)}┐")
    for line in _wrapped(text, inner, most_lines):
        print(f"  │ {line.ljust(inner)} │")
    print(f"  └{'─' * (inner + 2)}┘")


def _wrapped(text: str, width: int, most_lines: int) -> list[str]:
    lines = [
        part
        for line in text.splitlines()
        for part in (textwrap.wrap(line, width, subsequent_indent="  ") or [""])
    ]
    hidden = len(lines) - most_lines
    return lines if hidden <= 1 else [*lines[:most_lines], f"[{hidden} more lines, not shown in the demo]"]
