"""What `call_operation` answers of a vendor's reply: rows with a cursor, one thing, or a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import anyio.to_thread

from egoi_mcp.answer_files import keep, type_of
from egoi_mcp.api.catalog import JsonValue, Operation, Request
from egoi_mcp.api.client import ApiClient
from egoi_mcp.app import App
from egoi_mcp.models.called import Called, compact
from egoi_mcp.plain_text import clean
from egoi_mcp.tools.operation_answers import MOST_TOKENS, View, binaries, missing, replaced, size, that_fit
from egoi_mcp.tools.operation_pages import Place, asked, next_page, rows_of, total_of
from egoi_mcp.tools.paging import cursor_to, not_ours, position_of

_EXCERPT = 300
_MOST_NAMED = 5
_JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A file with what an answer did not hold."""

    path: Path
    content: bytes
    media_type: str

    def members(self) -> dict[str, object]:
        """How an answer names it."""
        return {"file": str(self.path), "file_bytes": len(self.content), "file_type": self.media_type}


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """Shapes the replies of one operation for the caller that asked for `fields` of them."""

    app: App
    client: ApiClient
    entry: Operation
    fields: tuple[str, ...] = ()

    @property
    def view(self) -> View:
        """What the caller may see."""
        return View(entry=self.entry, pii=self.app.settings.pii, fields=self.fields)

    async def page(self, request: Request, limit: int, cursor: str | None) -> Called:
        """One page of what an operation that only reads answers, from `cursor` on.

        Raises:
            InvalidInput: the cursor is not one of this question.
            ApiError: the vendor refused or could not be reached.
        """
        scope = (
            *(self.client.connection.name, self.entry.api, self.entry.name),
            *(request.path, request.query, request.body),
        )
        place = Place.read(position_of(cursor, scope))
        if place is None:
            raise not_ours()
        sent = asked(self.entry, request.query, request.body, place, limit)
        reply = await self.client.execute(
            Request(operation=self.entry, path=request.path, query=sent.query, body=sent.body)
        )
        rows = rows_of(reply.data)
        if rows is None:
            return await self.one(reply.data, "It was read.")
        shown = await self._rows(rows[place.skip : place.skip + limit])
        behind = place.skip + len(shown.rows) + (1 if shown.file else 0)
        after = next_page(self.entry, sent, reply.data, rows, place)
        following = None if after is None else Place(page=after)
        if behind < len(rows):
            following = Place(page=place.page, skip=behind)
        total = total_of(reply.data)
        if total is None and following is None and cursor is None:
            total = len(rows)
        after_this = None if following is None else cursor_to(following.packed(), scope)
        return shown.model_copy(update={"total": total, "next_cursor": after_this})

    async def one(self, data: JsonValue, said: str) -> Called:
        """One thing; what does not fit, and a file that stands in it, become a file."""
        seen = self.view.of(data)
        kept: _Kept | None = None
        for where, content in list(binaries(seen))[:1]:
            kept = await self._kept(content)
            seen = replaced(seen, where, f"[in the file, {len(content)} bytes]")
        chosen = self.view.chosen(seen)
        short, cut = self.view.short(chosen, row=False)
        if size(short) > MOST_TOKENS:
            return await self._to_file(chosen, f"{said} It is too large to be shown.")
        lacking = missing([seen], self.fields)
        if lacking:
            said += f" It has no {_named(lacking)}."
        if cut and kept is None:
            kept = await self._kept(compact(chosen).encode(), _JSON)
            said += " Long texts are cut here and whole in the file."
        return Called.model_validate(
            {
                "status": "succeeded",
                "message": said,
                "data": _as_object(short) or None,
                **(kept.members() if kept is not None else {}),
            }
        )

    async def beside(self, told: Called, reply: JsonValue) -> Called:
        """An action's outcome with what the vendor answered to it."""
        answer = await self.one(reply, told.message)
        held = ("data", "file", "file_bytes", "file_type", "excerpt", "message")
        return told.model_copy(update={name: getattr(answer, name) for name in held})

    async def _rows(self, rows: Sequence[JsonValue]) -> Called:
        """As many rows as fit; of a first one that does not fit alone, a file."""
        seen = [self.view.of(each) for each in rows]
        shorter = [self.view.short(self.view.chosen(each), row=True) for each in seen]
        short = [_as_object(each) for each, _ in shorter]
        fit = that_fit(short)
        if short and fit == 0:
            return await self._to_file(seen[0], "The first of these rows is too large to be shown.")
        notes = [f"{fit} rows." if fit != 1 else "1 row."]
        if any(cut for _, cut in shorter[:fit]):
            notes.append("Long texts are cut; name a member in fields to read more of it.")
        if rows and (lacking := missing(seen, self.fields)):
            notes.append(f"No row has {_named(lacking)}.")
        return Called.model_validate(
            {"status": "succeeded", "message": " ".join(notes), "rows": tuple(short[:fit])}
        )

    async def _to_file(self, value: JsonValue, said: str) -> Called:
        written = compact(value)
        kept = await self._kept(written.encode(), _JSON)
        more = " Name the members that you need in fields, or read the file."
        return Called.model_validate(
            {
                "status": "succeeded",
                "message": said + more,
                "excerpt": clean(written[:_EXCERPT]),
                **kept.members(),
            }
        )

    async def _kept(self, content: bytes, media_type: str | None = None) -> _Kept:
        found, ending = (media_type, "json") if media_type is not None else type_of(content)
        now = self.client.now()
        folder = self.app.settings.state_dir
        path = await anyio.to_thread.run_sync(lambda: keep(folder, content, ending, now=now))
        return _Kept(path=path, content=content, media_type=found)


def _as_object(value: JsonValue) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Any]", value))
    return {} if value is None else {"value": value}


def _named(names: Sequence[str]) -> str:
    return ", ".join(clean(each, 80) for each in names[:_MOST_NAMED])
