"""What `call_operation` answers of a vendor's reply: rows with a cursor, one thing, or a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import anyio.to_thread

from egoi_mcp.api.catalog import JsonValue, Operation, Request
from egoi_mcp.api.client import ApiClient
from egoi_mcp.api.details import details
from egoi_mcp.api.replies import Content
from egoi_mcp.app import App
from egoi_mcp.errors import StateUnavailable
from egoi_mcp.models.called import Called, compact
from egoi_mcp.plain_text import clean
from egoi_mcp.tools.lacking_fields import lacking
from egoi_mcp.tools.operation_answers import MOST_TOKENS, View, size, that_fit
from egoi_mcp.tools.operation_files import MOST_ALONE, MOST_IN_ROWS, Files, Kept, content_as_file
from egoi_mcp.tools.operation_pages import Place, asked, next_page, rows_of, total_of
from egoi_mcp.tools.paging import cursor_to, not_ours, position_of

_EXCERPT = 300
_JSON = "application/json"


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
        place = Place.read(position_of(cursor, scope), details(self.entry).paging)
        if place is None:
            raise not_ours()
        sent = asked(self.entry, request.query, request.body, place, limit)
        reply = await self.client.execute_any(
            Request(operation=self.entry, path=request.path, query=sent.query, body=sent.body)
        )
        if reply.content is not None:
            return await self.file(reply.content, "It was read.")
        rows = rows_of(reply.data)
        if rows is None:
            return await self.one(reply.data, "It was read.")
        shown = await self._rows(rows[place.skip : place.skip + limit])
        behind = place.skip + len(shown.rows) + (1 if shown.file and not shown.rows else 0)
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
        """One thing; what does not fit, and the files that stand in it, become files."""
        files = self._files(MOST_ALONE)
        seen = self.view.of(data, files.taken_out)
        chosen = await anyio.to_thread.run_sync(files.named, self.view.chosen(seen))
        short, cut = self.view.short(chosen, row=False)
        if size(short) > MOST_TOKENS:
            return await self._to_file(chosen, f"{said} It is too large to be shown.", files)
        if told := lacking(self.fields, [seen], [data], of="It has no"):
            said += f" {told}"
        kept = files.standing_in(short)
        if cut:
            whole = self._as_json(chosen)
            said += " Long texts are cut here and whole in the file"
            said += f" {whole.path}." if kept else "."
            kept = [*kept, whole]
        await self._write(kept)
        return Called.model_validate(
            {
                "status": "succeeded",
                "message": said,
                "data": _as_object(short) or None,
                **(kept[0].members() if kept else {}),
            }
        )

    async def file(self, content: Content, said: str) -> Called:
        """An answer that is a file as a whole."""
        folder, pii = self.app.settings.state_dir, self.app.settings.pii
        kept, begins = await anyio.to_thread.run_sync(lambda: content_as_file(folder, content, pii))
        await self._write([kept])
        return Called.model_validate(
            {
                "status": "succeeded",
                "message": f"{said} The answer is a file.",
                "excerpt": clean(begins[:_EXCERPT]) if begins else None,
                **kept.members(),
            }
        )

    async def beside(self, told: Called, reply: JsonValue | Content) -> Called:
        """An action's outcome with what the vendor answered to it."""
        try:
            answer = await (
                self.file(reply, told.message)
                if isinstance(reply, Content)
                else self.one(reply, told.message)
            )
        except StateUnavailable:
            # It has been done all the same, which is what has to be told.
            said = f"{told.message} No file could be written for the vendor's answer, which is not shown."
            return told.model_copy(update={"message": said})
        held = ("data", "file", "file_bytes", "file_type", "excerpt", "message")
        return told.model_copy(update={name: getattr(answer, name) for name in held})

    async def _rows(self, rows: Sequence[JsonValue]) -> Called:
        """As many rows as fit; of a first one that does not fit alone, a file."""
        files = self._files(MOST_IN_ROWS)
        seen = [self.view.of(each, files.taken_out) for each in rows]
        chosen = await anyio.to_thread.run_sync(
            lambda: [files.named(self.view.chosen(each)) for each in seen]
        )
        shorter = [self.view.short(each, row=True) for each in chosen]
        short = [_as_object(each) for each, _ in shorter]
        fit = that_fit(short)
        if short and fit == 0:
            first = files.named(seen[0])
            return await self._to_file(first, "The first of these rows is too large to be shown.", files)
        notes = [f"{fit} rows." if fit != 1 else "1 row."]
        if any(cut for _, cut in shorter[:fit]):
            notes.append("Long texts are cut; name a member in fields to read more of it.")
        if rows and (told := lacking(self.fields, seen, rows, of="No row has")):
            notes.append(told)
        kept = files.standing_in(short[:fit])
        await self._write(kept)
        return Called.model_validate(
            {
                "status": "succeeded",
                "message": " ".join(notes),
                "rows": tuple(short[:fit]),
                **(kept[0].members() if kept else {}),
            }
        )

    async def _to_file(self, value: JsonValue, said: str, files: Files) -> Called:
        kept = self._as_json(value)
        await self._write([*files.standing_in(value), kept])
        more = " Name the members that you need in fields, or read the file."
        return Called.model_validate(
            {
                "status": "succeeded",
                "message": said + more,
                "excerpt": clean(compact(value)[:_EXCERPT]),
                **kept.members(),
            }
        )

    def _files(self, most: int) -> Files:
        return Files(state_dir=self.app.settings.state_dir, pii=self.app.settings.pii, most=most)

    def _as_json(self, value: JsonValue) -> Kept:
        """A file of what has been masked already."""
        return Kept.of(self.app.settings.state_dir, compact(value).encode(), _JSON, "full")

    async def _write(self, kept: Sequence[Kept]) -> None:
        folder, now = self.app.settings.state_dir, self.client.now()

        def write() -> None:
            for each in kept:
                each.write(folder, now=now)

        if kept:
            await anyio.to_thread.run_sync(write)


def _as_object(value: JsonValue) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Any]", value))
    return {} if value is None else {"value": value}
