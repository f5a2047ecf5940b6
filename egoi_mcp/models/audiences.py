"""Lists, segments, tags and fields as the model sees them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from egoi_mcp.models.result import Result
from egoi_mcp.plain_text import clean


class Audience(BaseModel):
    """One list, segment, tag or field; `kind` of a segment or field says which sort it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str | None = None
    kind: str | None = None
    status: str | None = None
    contacts: int | None = None
    by_status: dict[str, int] | None = None
    """How many of a list's contacts are active, inactive, removed, unconfirmed."""
    fields: dict[str, str] | None = None
    """The vendor's own members by name, where everything was asked for."""

    def as_line(self) -> str:
        """Id and name, then what else is known."""
        rest = [part for part in (self.kind, self.status) if part]
        if self.contacts is not None:
            rest.append(f"{self.contacts} contacts")
        rest += [f"{count} {status}" for status, count in (self.by_status or {}).items()]
        said = f"{clean(self.id)} | {clean(self.name or '-', 80)}"
        said += f" | {', '.join(clean(part) for part in rest)}" if rest else ""
        members = [f"{clean(name)}: {clean(value, 200)}" for name, value in (self.fields or {}).items()]
        return said + (f"\n    {'; '.join(members)}" if members else "")


class AudiencePage(Result):
    """A page of one kind of audience."""

    kind: str
    list_id: int | None = None
    audiences: tuple[Audience, ...]
    total: int | None = None
    next_cursor: str | None = None

    def as_text(self) -> str:
        """A line each."""
        where = f" of list {self.list_id}" if self.list_id is not None else ""
        if not self.audiences:
            return f"No {self.kind}{where}."
        of = f" of {self.total}" if self.total is not None else ""
        lines = [f"{len(self.audiences)}{of} {self.kind}{where} (id | name):"]
        lines += [audience.as_line() for audience in self.audiences]
        lines += [f"next_cursor: {self.next_cursor}"] if self.next_cursor else []
        return "\n".join(lines)
