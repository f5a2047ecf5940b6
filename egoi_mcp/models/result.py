"""What every tool answers: data for programs, and one compact text that says the same."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TypeVar, cast

from pydantic import BaseModel, ConfigDict

_T = TypeVar("_T")

_HIDDEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters other than tab and line feed
    "\u2028\u2029"  # line and paragraph separators
    "\u202a-\u202e\u2066-\u2069"  # direction embeddings, overrides and isolates
    "\u2060-\u2065\u206a-\u206f\ufeff"  # invisible operators, deprecated format characters, byte order mark
    "\ud800-\udfff"  # lone surrogates: no JSON text can carry them
    "\U000e0000-\U000e01ef"  # tags and supplementary variation selectors: text that nobody sees
    "]"
)


class Result(BaseModel, ABC):
    """Base of what tools return.

    The fields become the structured content, without its nulls; `as_text` becomes the text
    content. Some hosts show one and some the other, so each says everything that matters.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    @abstractmethod
    def as_text(self) -> str:
        """The whole answer as compact text."""

    @property
    def is_error(self) -> bool:
        """Whether the call failed although it has an answer to show."""
        return False


def visible(text: str) -> str:
    """The text with every character that hides or reorders text written out, `U+202E` as `\\u202e`.

    Text that comes from contacts and vendors passes through here on its way to the model; joiners
    and marks that languages and emoji need stay as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return _HIDDEN.sub(_written_out, text.replace("\r\n", "\n"))


def visible_throughout(value: _T) -> _T:
    """A JSON value of which every text, member names included, is `visible`."""
    if isinstance(value, str):
        return value if value.isascii() and value.isprintable() else cast(_T, visible(value))
    if isinstance(value, list):
        return cast(_T, [visible_throughout(item) for item in cast(list[object], value)])
    if isinstance(value, dict):
        members = cast(dict[str, object], value)
        return cast(_T, {visible(name): visible_throughout(member) for name, member in members.items()})
    return value


def _written_out(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
