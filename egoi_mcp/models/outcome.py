"""What every guarded tool answers: one flat shape, whatever became of the deed."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from pydantic import Field, WithJsonSchema, model_validator

from egoi_mcp.models.preview import Preview
from egoi_mcp.models.result import Result
from egoi_mcp.plain_text import clean

Status = Literal[
    "preview",
    "needs_approval",
    "duplicate",
    "approved",
    "executing",
    "succeeded",
    "partial",
    "failed",
    "unknown",
    "denied",
    "declined",
    "expired",
    "revoked",
    "void",
]
ERRORS: frozenset[Status] = frozenset({"denied", "failed", "unknown", "void"})
_MOST_IDS = 100
_WITH_PREVIEW: frozenset[Status] = frozenset({"preview", "needs_approval", "duplicate", "approved"})


class Outcome(Result):
    """What happened, what did not, and the next step."""

    status: Annotated[Status, WithJsonSchema({"type": "string"})]
    """Every tool's schema would repeat the fourteen words; `check_action` and the documents say them."""
    message: str
    action_id: str | None = None
    duplicate_of: str | None = None
    ids: tuple[str, ...] = Field(default=())
    """What the vendor calls the things it made or took: message, contact or campaign ids; the first 100."""
    more_ids: int | None = None
    preview: Annotated[Preview | None, WithJsonSchema({"type": "object"})] = None
    """Its members are not listed in the schema: that was an eighth of what the list of tools cost."""
    reversibility: Literal["undoable", "compensable", "irreversible"] | None = None
    """Of what was done, or is held: undoable as if it had not been, compensable, or neither."""
    undo: str | None = None
    """The call that undoes it, where it would work now."""
    undo_until: str | None = None
    """When that window closes, ISO 8601 in UTC."""

    @model_validator(mode="before")
    @classmethod
    def _first_ids(cls, data: object) -> object:
        """Keep what a model can use; a thousand message ids fill its context, and the record has them."""
        if not isinstance(data, dict):
            return data
        given = cast("dict[str, object]", data)
        ids = cast("tuple[object, ...]", given.get("ids", ()))
        if len(ids) <= _MOST_IDS:
            return given
        return {**given, "ids": ids[:_MOST_IDS], "more_ids": len(ids) - _MOST_IDS}

    @property
    def is_error(self) -> bool:
        """Denied, failed, unknown and void are errors; waiting for a person is not."""
        return self.status in ERRORS

    def as_text(self) -> str:
        """The message, then the ids, then the preview where there is still something to decide."""
        lines = [f"{self.status}: {self.message}"]
        if self.action_id is not None:
            lines.append(f"action_id: {self.action_id}")
        if self.duplicate_of is not None:
            lines.append(f"duplicate_of: {self.duplicate_of}")
        if self.ids:
            rest = len(self.ids) - 10 + (self.more_ids or 0)
            more = f" and {rest} more" if rest > 0 else ""
            lines.append("ids: " + ", ".join(clean(each) for each in self.ids[:10]) + more)
        if self.undo is not None:
            until = f" until {self.undo_until}" if self.undo_until is not None else ""
            lines.append(f"undo ({self.reversibility}): {self.undo}{until}")
        elif self.reversibility is not None:
            lines.append(f"reversibility: {self.reversibility}")
        if self.preview is not None and self.status in _WITH_PREVIEW:
            lines += ["", self.preview.as_text()]
        return "\n".join(lines)
