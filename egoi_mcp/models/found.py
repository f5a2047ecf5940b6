"""The operations that a question found, each with what it takes to call it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, WithJsonSchema

from egoi_mcp.models.result import Result


class FoundOperation(BaseModel):
    """One operation; an asterisk marks what is required."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    operation: str
    does: str
    risk: str
    request: str
    path: str | None = None
    query: str | None = None
    body: str | None = None
    """An array where it begins with a bracket: it then goes into `items`."""
    better: str | None = None

    def as_lines(self) -> Iterator[str]:
        """The operation in two to six lines."""
        yield f"{self.operation}: {self.does}"
        yield f"  {self.request}; {self.risk}" + (f"; better: the tool {self.better}" if self.better else "")
        if self.path:
            yield f"  path: {self.path}"
        if self.query:
            yield f"  query: {self.query}"
        if self.body:
            yield f"  {'items' if self.body.startswith('[') else 'body'}: {self.body}"


class FoundOperations(Result):
    """What `find_operations` answers, the best first."""

    operations: Annotated[
        tuple[FoundOperation, ...],
        WithJsonSchema({"type": "array", "items": {"type": "object"}}, mode="serialization"),
    ]
    note: str | None = None

    def as_text(self) -> str:
        """Each operation in a few lines; `*` is said once."""
        lines = [line for each in self.operations for line in each.as_lines()]
        return "\n".join([*lines, *([self.note] if self.note else [])])
