"""Entries of the suppression list as the model sees them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from egoi_mcp.models.result import Result
from egoi_mcp.plain_text import clean


class Suppressed(BaseModel):
    """One value that nothing is sent to; `method` is how it came to be there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    type: str | None = None
    value: str | None = None
    method: str | None = None
    created: str | None = None
    campaign: str | None = None

    def as_line(self) -> str:
        """Id, value, and what else is known."""
        rest = (self.type, self.method, self.created, self.campaign)
        return f"{clean(self.id)} | {clean(self.value or '-', 254)} | " + ", ".join(
            clean(part) for part in rest if part
        )


class SuppressionPage(Result):
    """A page of the suppression list."""

    entries: tuple[Suppressed, ...]
    total: int | None = None
    next_cursor: str | None = None

    def as_text(self) -> str:
        """A line each."""
        if not self.entries:
            return "Nothing is on the suppression list so."
        of = f" of {self.total}" if self.total is not None else ""
        lines = [f"{len(self.entries)}{of} suppressed (id | value | type, method, since):"]
        lines += [entry.as_line() for entry in self.entries]
        lines += [f"next_cursor: {self.next_cursor}"] if self.next_cursor else []
        return "\n".join(lines)
