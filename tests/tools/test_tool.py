"""A tool as a client meets it, in both eras of the protocol."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import anyio
import pytest
from mcp import Client
from mcp.client.session import ClientRequestContext
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import (
    CallToolResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitRequestParams,
    ElicitResult,
    InputRequiredResult,
    TextContent,
)
from pydantic import BaseModel, Field

from egoi_mcp.errors import NotFound
from egoi_mcp.models.result import Result
from egoi_mcp.tools.parameters import DEFAULT_LIMIT, ContactQuery, Limit, PreviewOnly, Provider, When
from egoi_mcp.tools.tool import Answer, Tool, make_tool
from tests.tools.host_rules import fits, problems

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio

Era = Literal["legacy", "2026-07-28"]
LEGACY: Era = "legacy"
MODERN: Era = "2026-07-28"
SECRET = "ana@example.com"


class Row(BaseModel):
    contact_id: str
    first_name: str | None = None


class Contacts(Result):
    """A docstring for the reader of the code."""

    total: Annotated[int, Field(ge=0)]
    rows: list[Row]
    next_cursor: str | None = None

    def as_text(self) -> str:
        return "\n".join(
            [f"{self.total} found", *(f"{row.contact_id} {row.first_name or ''}" for row in self.rows)]
        )


class Sent(Result):
    status: Literal["sent", "denied"]

    @property
    def is_error(self) -> bool:
        return self.status == "denied"

    def as_text(self) -> str:
        return f"{self.status}."


async def search_contacts(
    query: ContactQuery,
    provider: Provider = "egoi",
    limit: Limit = DEFAULT_LIMIT,
    fields: list[str] | None = None,
    connection: str = "only",
) -> Contacts:
    """Find contacts by phone number,
    e-mail address or name.

    Give the id that you get to get_contact.

    Args:
        query: not for the model.
    """
    if query == "nobody":
        raise NotFound("No such contact.", operation="searchContacts")
    if query == "broken":
        raise RuntimeError(SECRET)
    if query == "hidden":
        return Contacts(total=1, rows=[Row(contact_id="1", first_name="\u202eanA\ud83d\0")])
    if query == "unvalidated":
        return Contacts.model_construct(total=-1, rows=[])
    asked = f"{query}|{provider}|{limit}|{fields}|{connection}"
    return Contacts(total=1, rows=[Row(contact_id="0000000001", first_name=asked)])


async def send_sms(
    text: str, when: When, ctx: Context[Any, Any], preview_only: PreviewOnly = False
) -> Sent | InputRequiredResult:
    """Send one SMS."""
    if text == "no":
        return Sent(status="denied")
    if (ctx.protocol_version or "") < MODERN or preview_only:
        return Sent(status="sent")
    if ctx.request_state is None:
        schema: dict[str, Any] = {"type": "object", "properties": {"sure": {"type": "boolean"}}}
        form = ElicitRequestFormParams(message=f"Send {text} {when}?", requested_schema=schema)
        return InputRequiredResult(input_requests={"approve": ElicitRequest(params=form)}, request_state="7")
    answers = ctx.input_responses or {}
    answer = answers.get("approve")
    approved = isinstance(answer, ElicitResult) and answer.action == "accept" and ctx.request_state == "7"
    return Sent(status="sent" if approved else "denied")


async def wait_forever() -> Sent:
    """Wait."""
    await anyio.Event().wait()
    return Sent(status="sent")


def reading(
    fn: Callable[..., Awaitable[Answer]],
    *,
    description: str | None = None,
    hide: Collection[str] = (),
    call_seconds: float = 45,
) -> Tool:
    return make_tool(
        fn,
        title="A title",
        read_only=True,
        destructive=False,
        idempotent=True,
        open_world=False,
        description=description,
        hide=hide,
        call_seconds=call_seconds,
    )


def sending(fn: Callable[..., Awaitable[Answer]]) -> Tool:
    return make_tool(
        fn, title="A title", read_only=False, destructive=True, idempotent=False, open_world=True
    )


def build_server() -> MCPServer:
    return MCPServer(
        "egoi-mcp",
        log_level="WARNING",
        tools=[
            reading(search_contacts, hide={"connection"}),
            sending(send_sms),
            reading(wait_forever, call_seconds=0),
        ],
    )


async def approve(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
    return ElicitResult(action="accept", content={"sure": True})


@pytest.fixture(params=[LEGACY, MODERN])
def era(request: pytest.FixtureRequest) -> Era:
    chosen: Era = request.param
    return chosen


async def call(era: Era, tool: str, arguments: Mapping[str, object]) -> CallToolResult:
    async with Client(build_server(), mode=era, elicitation_callback=approve) as client:
        return await client.call_tool(tool, dict(arguments))


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


async def listed(*tools: Tool, era: Era = MODERN) -> list[dict[str, Any]]:
    async with Client(MCPServer("egoi-mcp", log_level="WARNING", tools=list(tools)), mode=era) as client:
        found = (await client.list_tools()).tools
    return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in found]


# -- what a client sees --------------------------------------------------------------------------


async def test_a_tool_is_listed_with_its_text_its_hints_and_flat_schemas(era: Era) -> None:
    (definition,) = await listed(reading(search_contacts, hide={"connection"}), era=era)
    assert problems(definition) == []
    assert definition["name"] == "search_contacts"
    assert definition["title"] == "A title"
    assert definition["description"] == (
        "Find contacts by phone number, e-mail address or name.\nGive the id that you get to get_contact."
    )
    assert definition["annotations"] == {
        "readOnlyHint": True,
        "destructiveHint": False,
        "idempotentHint": True,
        "openWorldHint": False,
    }
    assert list(definition["inputSchema"]["properties"]) == ["query", "provider", "limit", "fields"]
    assert definition["inputSchema"]["required"] == ["query"]
    assert definition["outputSchema"]["required"] == ["total", "rows"]


async def test_the_answer_is_data_without_nulls_and_a_text_that_says_the_same(era: Era) -> None:
    result = await call(era, "search_contacts", {"query": "null", "fields": '["a"]', "limit": "5"})
    assert not result.is_error
    assert text_of(result) == "1 found\n0000000001 null|egoi|5|['a']|only"
    row = {"contact_id": "0000000001", "first_name": "null|egoi|5|['a']|only"}
    assert result.structured_content == {"total": 1, "rows": [row]}
    (definition,) = await listed(reading(search_contacts))
    assert fits(result.structured_content, definition["outputSchema"])


async def test_what_hides_in_a_text_is_written_out_on_its_way_to_the_model(era: Era) -> None:
    result = await call(era, "search_contacts", {"query": "hidden"})
    assert text_of(result) == "1 found\n1 \\u202eanA\\ud83d\\u0000"
    assert result.structured_content == {
        "total": 1,
        "rows": [{"contact_id": "1", "first_name": "\\u202eanA\\ud83d\\u0000"}],
    }


async def test_an_answer_that_says_that_it_failed_is_an_error_with_data(era: Era) -> None:
    result = await call(era, "send_sms", {"text": "no", "when": "now"})
    assert result.is_error
    assert text_of(result) == "denied."
    assert result.structured_content == {"status": "denied"}


async def test_a_question_goes_to_the_person_and_back() -> None:
    result = await call(MODERN, "send_sms", {"text": "Hello", "when": "now"})
    assert result.structured_content == {"status": "sent"}


async def test_a_person_can_decline() -> None:
    async def decline(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        return ElicitResult(action="decline")

    async with Client(build_server(), mode=MODERN, elicitation_callback=decline) as client:
        result = await client.call_tool("send_sms", {"text": "Hello", "when": "now"})
    assert result.structured_content == {"status": "denied"}


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("search_contacts", {}, "query: is required. Nothing was done."),
        (
            "search_contacts",
            {"query": SECRET, "limit": 101},
            "limit: must be at most 100. Nothing was done.",
        ),
        (
            "send_sms",
            {"text": SECRET, "schedule_date": SECRET},
            "unknown argument 'schedule_date': did you mean 'when'? "
            "This tool takes text, when, preview_only. Nothing was done.",
        ),
        (
            "search_contacts",
            {"query": SECRET, "connection": "only"},
            "unknown argument 'connection'. "
            "This tool takes query, provider, limit, fields. Nothing was done.",
        ),
        (
            "send_sms",
            {"text": "x", "when": "now", "ctx": {}},
            "unknown argument 'ctx'. This tool takes text, when, preview_only. Nothing was done.",
        ),
        (
            "send_sms",
            {"text": "x", "when": "NOW"},
            "when: is not of the right form (now, or a time such as 2026-03-01T09:30, in the account's zone "
            "unless an offset follows). Nothing was done.",
        ),
        ("search_contacts", {"query": "nobody"}, "No such contact."),
        (
            "wait_forever",
            {},
            "wait_forever took longer than 0 seconds, so this call ended. "
            "Nothing was changed. Ask for less, or try again.",
        ),
    ],
)
async def test_a_failure_is_one_sentence_without_prefix_and_is_logged_nowhere(
    era: Era, tool: str, arguments: dict[str, Any], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    result = await call(era, tool, arguments)
    assert result.is_error
    assert text_of(result) == said
    assert result.structured_content is None
    assert caplog.text == ""


@pytest.mark.parametrize("query", ["broken", "unvalidated"])
async def test_a_crash_or_an_answer_of_the_wrong_shape_is_told_without_details(
    era: Era, query: str, caplog: pytest.LogCaptureFixture
) -> None:
    result = await call(era, "search_contacts", {"query": query})
    assert result.is_error
    assert text_of(result).startswith("Internal error in search_contacts. Nothing was changed.")
    assert SECRET not in caplog.text


async def test_called_by_code_a_tool_answers_with_its_model() -> None:
    server = build_server()
    context: Context[Any, Any] = Context(mcp_server=server)
    answer = await reading(search_contacts).run({"query": "x"}, context)
    assert isinstance(answer, Contacts)
    with pytest.raises(ToolError, match="No such contact"):
        await reading(search_contacts).run({"query": "nobody"}, context)


# -- what stops the start ------------------------------------------------------------------------


async def searchcontacts() -> Sent:
    """One word."""
    return Sent(status="sent")


async def search_contacts_that_have_a_very_long_name() -> Sent:
    """A name of 41 characters or more."""
    return Sent(status="sent")


async def do_nothing() -> Sent:
    return Sent(status="sent")


async def return_text() -> str:
    """Return a text."""
    return "sent"


async def return_either() -> Sent | Contacts:
    """Return one of two."""
    return Sent(status="sent")


async def take_either(value: int | str) -> Sent:
    """Take one of two types."""
    return Sent(status="sent")


async def take_unresolved(value: Path) -> Sent:
    """Take what is imported for type checkers only."""
    return Sent(status="sent")


def send_synchronously() -> Sent:
    """Block."""
    return Sent(status="sent")


@pytest.mark.parametrize(
    ("fn", "said"),
    [
        (searchcontacts, "verb_noun"),
        (search_contacts_that_have_a_very_long_name, "at most 40"),
        (do_nothing, "1 to 2048 bytes"),
        (return_text, "one Result"),
        (return_either, "one Result"),
        (take_either, "value: a value of several types"),
        (take_unresolved, "'Path' is not defined"),
        (send_synchronously, "async"),
    ],
)
def test_a_function_that_no_host_could_use_stops_the_start(
    fn: Callable[..., Awaitable[Answer]], said: str
) -> None:
    with pytest.raises(TypeError, match=said):
        reading(fn)


@pytest.mark.parametrize("description", ["é" * 1025, ""])
def test_a_description_that_hosts_would_cut_stops_the_start(description: str) -> None:
    with pytest.raises(TypeError, match="1 to 2048 bytes"):
        reading(search_contacts, description=description)


@pytest.mark.parametrize("name", ["query", "nothing"])
def test_only_a_parameter_with_a_default_can_be_hidden(name: str) -> None:
    with pytest.raises(TypeError, match=f"cannot hide {name}"):
        reading(search_contacts, hide={name})


def test_read_only_and_destructive_at_once_stops_the_start() -> None:
    with pytest.raises(TypeError, match="destroys nothing"):
        make_tool(send_sms, title="T", read_only=True, destructive=True, idempotent=True, open_world=False)


@pytest.mark.parametrize("said", ["destructive", "idempotent", "open_world", "read_only"])
def test_each_hint_is_what_was_said(said: str) -> None:
    hints = dict.fromkeys(("destructive", "idempotent", "open_world", "read_only"), False) | {said: True}
    annotations = make_tool(
        wait_forever,
        title="T",
        read_only=hints["read_only"],
        destructive=hints["destructive"],
        idempotent=hints["idempotent"],
        open_world=hints["open_world"],
    ).annotations
    assert annotations is not None
    assert annotations.model_dump(exclude_none=True) == {f"{name}_hint": on for name, on in hints.items()}


def test_a_description_can_be_given() -> None:
    assert reading(search_contacts, description="é" * 1024).description == "é" * 1024
