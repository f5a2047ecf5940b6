"""Files in an answer of `call_operation`: found in its members, kept for their owner, named in place."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from egoi_mcp.answer_files import UNKNOWN_TYPE, ending_of, keep, new_path, readable, type_of
from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.api.members import folded, is_array
from egoi_mcp.api.replies import Content
from egoi_mcp.guard.masking import HIDDEN, Mask
from egoi_mcp.guard.people import addresses_in, numbers_in
from egoi_mcp.pii import Pii
from egoi_mcp.tools.encoded_files import Encoded, file_in

MOST_IN_ROWS = 20
"""Files that one page of rows keeps; each is written before anybody has asked for it."""
MOST_ALONE = 100
# What leads to the next page is passed on as it is, and no file whatever is packed into it.
_LEADS_ON = re.compile(r".*(?:cursor|token)|startingafter|endingbefore|scrollparam|next|after|before")
_CELL = re.compile(r"[^,;|\t\r\n]+")
_SAY_NOTHING = frozenset(
    {UNKNOWN_TYPE, "binary/octet-stream", "application/binary", "application/download"}
    | {"application/force-download", "application/x-download", "application/x-binary"}
)
_TABLES = frozenset({"text/csv", "application/csv", "text/tab-separated-values", "text/vcard"})
# What is too long to be read with care has everything hidden that looks like an address or a number.
_MOST_READ = 1_000_000
_ALIKE = re.compile(r"[^\s,;|<>\"'@]{1,64}@[^\s,;|<>\"'@]{1,255}|\+?\(?\d(?:[ ().\-/]{0,3}\d){6,}")
_LETTERS = "abcdefghijklmnop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file beside an answer, named there; written once it is known that the answer is given."""

    path: Path
    content: bytes = field(repr=False)
    media_type: str

    @classmethod
    def of(cls, state_dir: Path, content: bytes, media_type: str, pii: Pii) -> Kept:
        """A file of these bytes; addresses and numbers in a text are masked as they are in answers."""
        shown = _masked(content, media_type, pii)
        return cls(
            path=new_path(state_dir, ending_of(media_type, content)), content=shown, media_type=media_type
        )

    @property
    def size(self) -> int:
        """Its bytes."""
        return len(self.content)

    @property
    def words(self) -> str:
        """What stands in an answer where the file stood."""
        return f"[file: {self.path}, {self.size:,} bytes, {self.media_type}]"

    def members(self) -> dict[str, object]:
        """How an answer names the first of its files."""
        return {"file": str(self.path), "file_bytes": self.size, "file_type": self.media_type}

    def write(self, state_dir: Path, *, now: float) -> None:
        """Write it.

        Raises:
            StateUnavailable: it cannot be written.
        """
        keep(state_dir, self.content, self.path.suffix, now=now, path=self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files in the members of one answer, `most` of which are kept.

    First `taken_out`, then `named` once it is known what is seen, then `standing_in` what is given.
    """

    state_dir: Path
    pii: Pii
    most: int
    _nonce: str = field(default_factory=lambda: _letters(secrets.randbits(64)))
    _found: dict[str, Encoded] = field(default_factory=dict[str, Encoded], repr=False)
    _kept: dict[str, Kept] = field(default_factory=dict[str, Kept], repr=False)

    def taken_out(self, value: JsonValue) -> JsonValue:
        """The value with marks of letters, which no mask changes, in the place of its files."""
        if isinstance(value, Mapping):
            return {
                name: each
                if isinstance(each, str) and _LEADS_ON.fullmatch(folded(name))
                else self.taken_out(each)
                for name, each in value.items()
            }
        if is_array(value):
            return [self.taken_out(each) for each in value]
        if not isinstance(value, str):
            return value
        found = file_in(value, None if self.pii == "full" else _names_people)
        if found is None:
            return value
        mark = f"[file {self._nonce}{_letters(len(self._found))}]"
        self._found[mark] = found
        return mark

    def named(self, value: JsonValue) -> JsonValue:
        """The value with each mark replaced by words that name the file, or say how to get it."""
        if not self._found:
            return value
        if isinstance(value, Mapping):
            return {name: self.named(each) for name, each in value.items()}
        if is_array(value):
            return [self.named(each) for each in value]
        return self._words(value) if isinstance(value, str) and value in self._found else value

    def standing_in(self, value: JsonValue) -> list[Kept]:
        """The files that a value names, in the order in which they stand there."""
        by_words = {kept.words: kept for kept in self._kept.values()}
        return list(_standing(value, by_words)) if by_words else []

    def _words(self, mark: str) -> str:
        found = self._found[mark]
        if mark not in self._kept:
            if len(self._kept) >= self.most:
                return (
                    f"[a file of {len(found.content):,} bytes, {found.media_type}, left out: an answer keeps "
                    f"{self.most} files; ask for fewer rows, or for this member in fields]"
                )
            self._kept[mark] = Kept.of(self.state_dir, found.content, found.media_type, self.pii)
        return self._kept[mark].words


def content_as_file(state_dir: Path, content: Content, pii: Pii) -> tuple[Kept, str | None]:
    """The file that an answer is as a whole, and how it begins where it is a text that everybody may see."""
    media_type = type_of(content.raw)[0] if content.media_type in _SAY_NOTHING else content.media_type
    kept = Kept.of(state_dir, content.raw, media_type, pii)
    return kept, readable(content.raw) if pii == "full" else None


def _standing(value: JsonValue, by_words: Mapping[str, Kept]) -> Sequence[Kept]:
    if isinstance(value, Mapping):
        return [each for member in value.values() for each in _standing(member, by_words)]
    if is_array(value):
        return [each for item in value for each in _standing(item, by_words)]
    return [by_words[value]] if isinstance(value, str) and value in by_words else []


def _masked(content: bytes, media_type: str, pii: Pii) -> bytes:
    """Text with addresses and numbers masked, or hidden with all of their cells; other bytes as they are."""
    if pii == "full":
        return content
    text, encoding = readable(content), "utf-8"
    if text is None and media_type in _TABLES:
        # In an older encoding the signs of addresses and numbers are the same.
        text, encoding = content.decode("latin-1"), "latin-1"
    if text is None or not _names_people(text):
        return content
    if len(text) > _MOST_READ:
        return _ALIKE.sub(HIDDEN, text).encode(encoding, "replace")
    mask = Mask(())
    if pii == "masked":
        return mask.text(text).encode(encoding, "replace")
    shown = _CELL.sub(lambda cell: cell[0] if mask.text(cell[0]) == cell[0] else HIDDEN, text)
    return shown.encode(encoding, "replace")


def _names_people(text: str) -> bool:
    if any(True for _ in addresses_in(text)):
        return True
    packed = text.lstrip().startswith(("{", "["))
    return not packed and any(True for _ in numbers_in(text))


def _letters(number: int) -> str:
    """A number in letters."""
    return "".join(_LETTERS[int(digit, 16)] for digit in f"{number:x}")
