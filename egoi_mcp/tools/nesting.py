"""Answers nested deeper than is shown, and than what reads a level within a level can go down."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.api.members import is_array
from egoi_mcp.models.called import compact

MOST_LEVELS = 60
# A mark with many digits would be masked as a number.
_LETTERS = str.maketrans("0123456789", "ghijklmnop")


@dataclass(frozen=True, slots=True)
class Nested:
    """A value of any depth, and the same down to a level, with marks in the place of what lies below."""

    value: JsonValue
    deep: bool
    _nonce: str = field(default_factory=lambda: secrets.token_hex(8).translate(_LETTERS), repr=False)

    @classmethod
    def of(cls, value: JsonValue) -> Nested:
        """A value, looked through for its depth."""
        return cls(value, _is_deep(value))

    def shallow(self) -> JsonValue:
        """The value down to `MOST_LEVELS`; the value itself where there is no more of it."""
        return self._copy(self.value, MOST_LEVELS, []) if self.deep else self.value

    def is_cut(self, shown: JsonValue) -> bool:
        """Whether anything that is shown of `shallow` goes on below."""
        return self.deep and self._nonce in compact(shown)

    def written(self, shown: Callable[[JsonValue], JsonValue]) -> str:
        """All of the value as JSON, some levels at a time as `shown` makes them."""
        parts: list[JsonValue] = [self.value]
        texts: list[str] = []
        while len(texts) < len(parts):
            texts.append(compact(shown(self._copy(parts[len(texts)], MOST_LEVELS, parts))))
        mark = re.compile(rf'"\[deeper {self._nonce} ([0-9]+)\]"')
        for index in reversed(range(len(texts))):
            texts[index] = mark.sub(lambda found: texts[int(found[1])], texts[index])
        return texts[0]

    def _copy(self, value: JsonValue, levels: int, below: list[JsonValue]) -> JsonValue:
        if not isinstance(value, Mapping) and not is_array(value):
            return value
        if levels == 0 and value:
            below.append(value)
            return f"[deeper {self._nonce} {len(below) - 1}]"
        if isinstance(value, Mapping):
            return {name: self._copy(each, levels - 1, below) for name, each in value.items()}
        return [self._copy(each, levels - 1, below) for each in value]


def _is_deep(value: JsonValue) -> bool:
    level = [value]
    for _ in range(MOST_LEVELS + 1):
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, Mapping) else each if is_array(each) else ())
            if isinstance(inner, Mapping) or is_array(inner)
        ]
        if not level:
            return False
    return True
