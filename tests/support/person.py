"""The person in front of the client, who answers what the server asks through it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal

import anyio
from mcp.client.context import ClientRequestContext
from mcp_types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult

Answer = Literal["approve", "decline", "cancel", "empty", "without count", "wrong count", "silence"]


class Person:
    """Gives one answer to every question and keeps the forms.

    "decline" and "cancel" are the protocol's own; "empty" accepts without content, as some hosts do by
    themselves; "without count" and "wrong count" approve but do not type the number of recipients;
    "silence" never answers. `first` runs before the answer is given: another channel's decision, say.
    """

    def __init__(
        self, answer: Answer = "approve", *, first: Callable[[], Awaitable[object]] | None = None
    ) -> None:
        self.answer: Answer = answer
        self.forms: list[ElicitRequestFormParams] = []
        self.first = first

    @property
    def questions(self) -> list[str]:
        """The texts that were shown, oldest first."""
        return [form.message for form in self.forms]

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        """Answer a question; a client calls this."""
        assert isinstance(params, ElicitRequestFormParams)
        self.forms.append(params)
        if self.first is not None:
            await self.first()
        if self.answer == "silence":
            await anyio.sleep_forever()
        return self.reply(params)

    def reply(self, form: ElicitRequestFormParams) -> ElicitResult:
        """The answer to a form, as the client sends it."""
        if self.answer == "cancel":
            return ElicitResult(action="cancel")
        if self.answer == "decline":
            return ElicitResult(action="decline")
        if self.answer == "empty":
            return ElicitResult(action="accept", content={})
        content: dict[str, str | int | float | bool | list[str] | None] = {"decision": "approve"}
        if "recipients" in form.requested_schema["properties"] and self.answer != "without count":
            shown = int(form.message.split("Recipients: ")[1].split()[0])
            content["recipients"] = shown + 1 if self.answer == "wrong count" else shown
        return ElicitResult(action="accept", content=content)
