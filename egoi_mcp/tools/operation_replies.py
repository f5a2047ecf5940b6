"""What `call_operation` answers of a vendor's reply: rows with a cursor, one thing, or a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from egoi_mcp.tools.answer_sizes import fits, may_fit, most_that_fit
from egoi_mcp.tools.lacking_fields import lacking
from egoi_mcp.tools.nesting import Nested
from egoi_mcp.tools.operation_answers import View
from egoi_mcp.tools.operation_files import MOST_ALONE, MOST_IN_ROWS, Files, Kept, content_as_file
from egoi_mcp.tools.operation_pages import Place, asked, next_page, rows_of, total_of
from egoi_mcp.tools.paging import cursor_to, not_ours, position_of

_EXCERPT = 300
_JSON = "application/json"
_LONGEST_CURSOR = 2_000
_NO_CURSOR = "There is more, but what the vendor calls the next page is too long to be handed on."
_READ = Called(status="succeeded", message="It was read.")


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
        after = next_page(self.entry, sent, reply.data, rows, place)
        of_vendor = total_of(reply.data)

        def placed(shown: Called) -> Called:
            """The answer with where it stands in the list."""
            behind = place.skip + len(shown.rows) + (1 if shown.file and not shown.rows else 0)
            following = None if after is None else Place(page=after)
            if behind < len(rows):
                following = Place(page=place.page, skip=behind)
            total, said = of_vendor, shown.message
            if total is None and following is None and cursor is None:
                total = len(rows)
            after_this = None if following is None else cursor_to(following.packed(), scope)
            if shown.file and not shown.rows and total is not None:
                said += f" There are {total} rows in all."
            if after_this is not None and len(after_this) > _LONGEST_CURSOR:
                after_this, said = None, f"{said} {_NO_CURSOR}"
            return shown.model_copy(update={"message": said, "total": total, "next_cursor": after_this})

        return await self._rows(rows[place.skip : place.skip + limit], of_vendor, placed)

    async def one(self, data: JsonValue, said: str, told: Called = _READ) -> Called:
        """One thing, beside what is told already; what does not fit, and a file in it, become a file."""
        nested, files = Nested.of(data), self._files(MOST_ALONE)
        flat = nested.shallow()
        seen = self.view.of(flat, files.taken_out)
        chosen = await anyio.to_thread.run_sync(files.named, self.view.chosen(seen))
        if nested.is_cut(chosen):
            return await self._deep_to_file(nested, f"{said} It is nested too deep to be shown.", told)
        short, cut = self.view.short(chosen, row=False)
        members = {"message": said, "data": _as_object(short) or None}
        if not may_fit(short) or not fits(_with(told, members)):
            return await self._to_file(
                compact(chosen), f"{said} It is too large to be shown.", told, files.standing_in(chosen)
            )
        if note := lacking(self.fields, [seen], [flat], of="It has no"):
            said += f" {note}"
        kept = files.standing_in(short)
        if cut:
            whole = self._as_json(compact(chosen))
            said += " Long texts are cut here and whole in the file"
            said += f" {whole.path}." if kept else "."
            kept = [*kept, whole]
        await self._write(kept)
        return _with(told, {**members, "message": said, **(kept[0].members() if kept else {})})

    async def file(self, content: Content, said: str, told: Called = _READ) -> Called:
        """An answer that is a file as a whole."""
        folder, pii = self.app.settings.state_dir, self.app.settings.pii
        kept, begins = await anyio.to_thread.run_sync(lambda: content_as_file(folder, content, pii))
        await self._write([kept])
        excerpt = clean(begins[:_EXCERPT]) if begins else None
        members = {"message": f"{said} The answer is a file.", "excerpt": excerpt}
        return _with(told, members | kept.members())

    async def beside(self, told: Called, reply: JsonValue | Content) -> Called:
        """An action's outcome with what the vendor answered to it."""
        try:
            if isinstance(reply, Content):
                return await self.file(reply, told.message, told)
            return await self.one(reply, told.message, told)
        except StateUnavailable:
            # It has been done all the same, which is what has to be told.
            said = f"{told.message} No file could be written for the vendor's answer, which is not shown."
            return told.model_copy(update={"message": said})

    async def _rows(
        self, rows: Sequence[JsonValue], total: int | None, placed: Callable[[Called], Called]
    ) -> Called:
        """As many rows as fit; of a first one that does not fit alone, a file."""
        nested, files = [Nested.of(each) for each in rows], self._files(MOST_IN_ROWS)
        flat = [each.shallow() for each in nested]
        seen = [self.view.of(each, files.taken_out) for each in flat]
        chosen = await anyio.to_thread.run_sync(
            lambda: [files.named(self.view.chosen(each)) for each in seen]
        )
        whole = next((n for n, each in enumerate(chosen) if nested[n].is_cut(each)), len(rows))
        if rows and whole == 0:
            said = "The first of these rows is nested too deep to be shown."
            return placed(await self._deep_to_file(nested[0], said))
        shorter = [self.view.short(each, row=True) for each in chosen[:whole]]
        short = [_as_object(each) for each, _ in shorter]
        note = lacking(self.fields, seen, flat, of="No row has") if rows else ""

        def answer(count: int) -> Called:
            of_all = f" of {total}" if total is not None and total > count else ""
            notes = [f"{count}{of_all} row{'' if count == 1 and not of_all else 's'}."]
            if any(cut for _, cut in shorter[:count]):
                notes.append("Long texts are cut; name a member in fields to read more of it.")
            notes += [note] if note else []
            kept = files.standing_in(short[:count])
            members = {"message": " ".join(notes), "rows": tuple(short[:count])}
            return placed(_with(_READ, members | (kept[0].members() if kept else {})))

        fit = most_that_fit(short, answer)
        if short and fit == 0:
            said, first = "The first of these rows is too large to be shown.", files.named(seen[0])
            return placed(await self._to_file(compact(first), said, _READ, files.standing_in(first)))
        await self._write(files.standing_in(short[:fit]))
        return answer(fit)

    async def _deep_to_file(self, nested: Nested, said: str, told: Called = _READ) -> Called:
        # What lies below depends on where it stands in whether it is masked: nothing of it is written then.
        everything = self.view.pii == "full"
        written = nested.written(self.view.of) if everything else compact(self.view.of(nested.shallow()))
        return await self._to_file(written, said, told)

    async def _to_file(
        self, written: str, said: str, told: Called = _READ, others: Sequence[Kept] = ()
    ) -> Called:
        """An answer that names the file of itself; `others` are the files that are named in there."""
        kept = self._as_json(written)
        await self._write([*others, kept])
        more = " Name the members that you need in fields, or read the file."
        members = {"message": said + more, "excerpt": clean(written[:_EXCERPT])}
        return _with(told, members | kept.members())

    def _files(self, most: int) -> Files:
        return Files(state_dir=self.app.settings.state_dir, pii=self.app.settings.pii, most=most)

    def _as_json(self, written: str) -> Kept:
        """A file of what has been masked already."""
        content = written.encode("utf-8", "backslashreplace")
        return Kept.of(self.app.settings.state_dir, content, _JSON, "full")

    async def _write(self, kept: Sequence[Kept]) -> None:
        folder, now = self.app.settings.state_dir, self.client.now()

        def write() -> None:
            for each in kept:
                each.write(folder, now=now)

        if kept:
            await anyio.to_thread.run_sync(write)


def _with(told: Called, members: Mapping[str, object]) -> Called:
    return Called.model_validate({**dict(told), **members})


def _as_object(value: JsonValue) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Any]", value))
    return {} if value is None else {"value": value}
