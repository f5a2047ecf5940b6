"""Importing contacts into an E-goi list: inline rows, or a file that the owner's folder holds."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import anyio.from_thread
import anyio.to_thread
from mcp_types import InputRequiredResult
from pydantic import Field
from pydantic import JsonValue as Given

from egoi_mcp.api.catalog import JsonValue, operation
from egoi_mcp.api.client import ApiClient
from egoi_mcp.api.json_body import LARGE_BODY_BYTES
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Plan
from egoi_mcp.guard.undo import undo_words
from egoi_mcp.models.outcome import Outcome
from egoi_mcp.models.preview import Preview
from egoi_mcp.models.vendor_json import flag, mapping, text
from egoi_mcp.plain_text import clean
from egoi_mcp.settings import Imports
from egoi_mcp.tools import parameters as p
from egoi_mcp.tools.consent import basis_facts
from egoi_mcp.tools.names import find_field, find_list
from egoi_mcp.tools.vendor import Ctx, account_label, app_of, every

# Imported where it is used: few servers read files of contacts.
if TYPE_CHECKING:
    from egoi_mcp.contact_fields.list_fields import ListFields
    from egoi_mcp.imports.rows import Record, Tally
    from egoi_mcp.imports.spool import Batches, Spool
    from egoi_mcp.tools.import_rows import Columns

Mode = Literal["add", "update", "update_only"]
Status = Literal["active", "inactive", "unconfirmed"]
_NOTHING = "Nothing was imported."
_OPERATION = operation("egoi", "actionImportBulk")
_MOST_ROW_BYTES = 65_536
_LOOK_EVERY = 500
_MOST_TO = 3
_MOST_BATCHES_SAID = 20
_MODES = {
    "add": "add: those that are there already stay as they are",
    "update": "update: change those that are there, add the others",
    "update_only": "update_only: change those that are there, add nobody",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What a call asks for; the members are the tool's parameters, `compare` the field's id."""

    list_id: int
    list_name: str
    mode: Mode
    compare: str
    status: Status | None
    force_empty: bool
    columns: Columns

    @property
    def head(self) -> dict[str, JsonValue]:
        """The members of a request before its contacts."""
        forced: dict[str, JsonValue] = {"force_empty": True} if self.force_empty else {}
        return {"mode": self.mode, "compare_field": self.compare, **forced}


@dataclass(slots=True)
class _Read:
    """What reading the rows came to."""

    tally: Tally
    to: list[str]
    may_be_written_to: bool = False


async def import_contacts(
    ctx: Ctx,
    *,
    list_id: p.ListRef,
    mode: Annotated[Mode, Field(description="update adds new ones too; update_only adds nobody")],
    rows: Annotated[list[dict[str, Given]], Field(max_length=500)] | None = None,
    file: Annotated[str, Field(description=".csv, .json, .jsonl in the owner's folder")] | None = None,
    columns: Annotated[dict[str, str], Field(description="Column to member, where names differ")]
    | None = None,
    compare_field: Annotated[str, Field(description="Unique field to match by")] = "email",
    status: Annotated[
        Status, Field(description="Of rows without one; by default E-goi makes new ones active")
    ]
    | None = None,
    force_empty: Annotated[bool, Field(description="Empty cells erase")] = False,
    legal_basis: p.LegalBasis | None = None,
    source: p.BasisSource | None = None,
    preview_only: p.PreviewOnly = False,
    approval: p.Approval = "",
) -> Outcome | InputRequiredResult:
    """Import contacts into an E-goi list, from rows (member name to value) or a file. The preview counts what
    is ready, wrong and duplicate. A person approves first; follow it with check_action.
    """
    from egoi_mcp.imports.spool import spooled
    from egoi_mcp.tools.import_rows import Columns

    app = app_of(ctx)
    client = app.client("egoi")
    if (rows is None) == (file is None):
        raise InvalidInput(f"rows or file: exactly one of them is required. {_NOTHING}")
    named = await find_list(client, list_id, now=True)
    wanted = _Wanted(
        list_id=int(named.id),
        list_name=named.name,
        mode=mode,
        compare=await _unique_field(client, int(named.id), compare_field),
        status=status,
        force_empty=force_empty,
        columns=Columns(fields=await _fields(client, int(named.id)), chosen=columns or {}),
    )
    settings = app.settings.imports
    with spooled(app.settings.state_dir) as spool, _records(settings, rows, file) as records:
        # Off the event loop: a hundred thousand rows take seconds, in which others are served.
        found = await anyio.to_thread.run_sync(_fill, spool, records, wanted, settings.most_batch_bytes)
        _check(found, wanted, file, legal_basis=legal_basis, source=source)
        batches = spool.batches(_OPERATION, wanted.list_id, wanted.head, most_bytes=settings.most_batch_bytes)
        plan = Plan(
            connection=client.connection.name,
            requests=batches if spool.size > LARGE_BODY_BYTES else tuple(batches),
            apart=spool.size > LARGE_BODY_BYTES,
            recipients=found.tally.ready,
            preview=Preview(
                title=f"Import {found.tally.ready} contacts into list {wanted.list_id} ({wanted.list_name})",
                account=await account_label(client, "egoi"),
                recipients=found.tally.ready,
                to=tuple(found.to),
                facts=_facts(wanted, found.tally, batches, file) | basis_facts(legal_basis, source),
                dropped=found.tally.left_out(),
                warnings=_warnings(wanted),
                undo=undo_words(_OPERATION),
            ),
        )
        return await app.guard.carry_out(ctx, plan, preview_only=preview_only, approval=approval)


async def _unique_field(client: ApiClient, list_id: int, ref: str) -> str:
    """The id of the field to compare by.

    Raises:
        InvalidInput: there is none of that name, or several contacts may share its values.
    """
    field = await find_field(client, list_id, ref, what="compare_field")
    if not flag(field.row, "unique"):
        raise InvalidInput(
            f"compare_field: several contacts may have the same {clean(field.name, 60)}, so it tells nobody "
            f"apart. {_NOTHING} list_audiences (kind fields) shows which fields are unique."
        )
    return text(field.row, "field_id") or field.id


async def _fields(client: ApiClient, list_id: int) -> ListFields:
    from egoi_mcp.contact_fields.list_fields import ListFields

    return ListFields.of([row async for row in every(client, "getAllFields", path={"list_id": list_id})])


@contextmanager
def _records(
    settings: Imports, rows: Sequence[Mapping[str, JsonValue]] | None, file: str | None
) -> Generator[Iterator[Record]]:
    from egoi_mcp.imports.folder import opened
    from egoi_mcp.imports.records import inline, records_of

    if file is None:
        yield inline(rows or [])
        return
    if settings.folder is None:
        raise InvalidInput(
            f"file: the owner has named no folder to import from (EGOI_MCP_IMPORT_DIR). {_NOTHING} Give rows."
        )
    with opened(Path(settings.folder), file, most_bytes=settings.most_file_bytes) as held:
        yield records_of(file, held)


def _fill(spool: Spool, records: Iterator[Record], wanted: _Wanted, most_bytes: int) -> _Read:
    """Sort the rows out and put those that are ready into the spool; ends early with its call."""
    from egoi_mcp.imports.packing import most_row_bytes
    from egoi_mcp.imports.rows import Ready, Tally, sort_out
    from egoi_mcp.imports.spool import room_of
    from egoi_mcp.tools.import_rows import Contacts

    contacts = Contacts(
        columns=wanted.columns, compare=wanted.compare, status=wanted.status, force_empty=wanted.force_empty
    )
    most = min(_MOST_ROW_BYTES, most_row_bytes(room_of(wanted.head, most_bytes)))
    found = _Read(Tally(), [])
    for row in sort_out(records, contact_of=contacts.contact_of, most_bytes=most):
        found.tally.count(row)
        if found.tally.rows % _LOOK_EVERY == 0:
            anyio.from_thread.check_cancelled()
        if not isinstance(row, Ready):
            continue
        spool.add(row.contact, row.number)
        if len(found.to) < _MOST_TO and ("@" in row.compared or "-" in row.compared):
            found.to.append(row.compared)
        if not found.may_be_written_to:
            found.may_be_written_to = _may_be_written_to(row.contact, wanted.mode)
    return found


def _may_be_written_to(contact: bytes, mode: Mode) -> bool:
    """Whether a row says, or leaves it to the vendor to say, that somebody may be contacted."""
    if b'"status":"active"' in contact:
        return True
    # A state of an extra field says nothing of the contact's own.
    return mode != "update_only" and "status" not in mapping(mapping(json.loads(contact)).get("base"))


def _check(
    found: _Read, wanted: _Wanted, file: str | None, *, legal_basis: str | None, source: str | None
) -> None:
    from egoi_mcp.imports.packing import FEWEST_ROWS
    from egoi_mcp.tools.import_rows import shown_column

    wanted.columns.check()
    if file is None and wanted.columns.ignored:
        names = ", ".join(shown_column(each) for each in list(wanted.columns.ignored)[:5])
        raise InvalidInput(
            f"rows: E-goi takes no {names}. {_NOTHING} list_audiences (kind fields) shows the list's own."
        )
    if found.tally.ready < FEWEST_ROWS:
        one = "a single contact is what create_contact is for" if found.tally.ready else "no row is ready"
        left_out = ". ".join(found.tally.left_out())
        raise InvalidInput(f"{'rows' if file is None else 'file'}: {one}. {_NOTHING} {left_out}".rstrip())
    if found.may_be_written_to and not (legal_basis and source):
        raise InvalidInput(
            "legal_basis and source: are required, because contacts that are imported so may be contacted. "
            f"{_NOTHING} Or give status inactive."
        )


def _facts(wanted: _Wanted, tally: Tally, batches: Batches, file: str | None) -> dict[str, str]:
    from egoi_mcp.tools.import_rows import shown_column

    used: Mapping[str, str] = wanted.columns.used
    said = [f"rows {first}-{last}" for first, last in batches.rows[:_MOST_BATCHES_SAID]]
    more = "; …" if len(batches) > _MOST_BATCHES_SAID else ""
    facts = {
        "rows": f"{tally.rows}: {tally.ready} ready, {tally.invalid} invalid, {tally.duplicate} duplicate",
        "mode": _MODES[wanted.mode],
        "compared by": wanted.compare,
        "columns": ", ".join(
            name if name == member else f"{shown_column(name)} = {member}" for name, member in used.items()
        ),
        "status": wanted.status or "as each row says; else E-goi's own, which is active for new contacts",
        "batches": "; ".join(said) + more,
    }
    if wanted.columns.ignored:
        # A file without a header has somebody's data there.
        facts["columns left out"] = ", ".join(dict.fromkeys(map(shown_column, wanted.columns.ignored)))
    if wanted.force_empty:
        facts["empty cells"] = "erase what is there"
    return facts if file is None else {"file": file, **facts}


def _warnings(wanted: _Wanted) -> tuple[str, ...]:
    said = ["E-goi tells no result for each row, only that it accepted a batch"]
    if wanted.mode != "update_only":
        said.append("new contacts may start the account's automations and be asked to confirm")
    if wanted.status == "unconfirmed":
        said.append("E-goi may write to them and ask them to confirm")
    if wanted.force_empty:
        said.append("what empty cells erase is kept nowhere")
    return tuple(said)
