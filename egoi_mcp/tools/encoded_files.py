"""Whether a text of an answer is a file in base64, or an ordinary text that only looks like it.

Letters and digits alone are base64 of something: every hash, token, id and long word is. So what they come to
has to be of a kind that is known by how it begins, or words in lines that somebody can read, or larger than
anything that is sent along from call to call.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from egoi_mcp.answer_files import UNKNOWN_TYPE, ending_of, readable, type_of

_FEWEST, _FEWEST_OF_WORDS, _FEWEST_NAMING = 100, 200, 12
_FEWEST_PACKED = 2_000
"""Some vendors' cursors are packed and then encoded."""
_LONGEST_TOKEN = 8_000
"""No header holds more, so no token and no cursor does."""
_SAMPLE, _FEWEST_SIGNS = 4_000, 50
_FEWEST_LETTERS, _MOST_A_WORD = 12, 200
_ENCODED = re.compile(
    r"(?:data:([\w/+.-]{1,80})(?:;[\w=.-]{1,40})*;base64,)?([A-Za-z0-9+/\r\n]+|[A-Za-z0-9_\r\n-]+)={0,2}"
)
_URL_SIGNS = str.maketrans("-_", "+/", "\r\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A file that stood in an answer as a text."""

    content: bytes = field(repr=False)
    media_type: str

    @property
    def ending(self) -> str:
        """The ending of its name."""
        return ending_of(self.media_type, self.content)


def file_in(text: str, names_people: Callable[[str], bool] | None = None) -> Encoded | None:
    """The file that a text is; None where it is an ordinary one.

    With `names_people` a readable text in which it finds somebody counts as a file however short it is, as
    nobody else would mask what stands in base64.
    """
    if len(text) < (_FEWEST if names_people is None else _FEWEST_NAMING):
        return None
    if (found := _ENCODED.fullmatch(text.strip())) is None:
        return None
    declared, letters = found[1], found[2].translate(_URL_SIGNS)
    try:
        content = base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    media_type, ending = type_of(content)
    if ending in {"txt", "csv", "bin"} and declared is not None:
        media_type = declared.lower()
    is_one = _is_file(content, ending, len(letters)) or (declared is not None and len(letters) >= _FEWEST)
    if not is_one and ending == "bin":
        is_one = len(letters) >= _LONGEST_TOKEN and len(set(letters[:_SAMPLE])) >= _FEWEST_SIGNS
    if not is_one and names_people is not None:
        said = readable(content)
        is_one = said is not None and names_people(said)
    return Encoded(content=content, media_type=media_type or UNKNOWN_TYPE) if is_one else None


def _is_file(content: bytes, ending: str, length: int) -> bool:
    """Whether the bytes are of a kind that is known, or words."""
    if ending == "bin":
        return False
    if ending == "gz":
        return length >= _FEWEST_PACKED
    if ending not in {"txt", "csv"}:
        return length >= _FEWEST
    said = readable(content)
    return said is not None and length >= _FEWEST_OF_WORDS and _is_words(said)


def _is_words(text: str) -> bool:
    """Whether a text is for reading: words with spaces or lines between them, and not JSON or a part of it.

    JSON that no token and no cursor holds is longer than `_LONGEST_TOKEN`.
    """
    words = text.split()
    if len(words) < 3 or len(text) > _MOST_A_WORD * len(words):
        return False
    if len(set(text[:_SAMPLE])) < _FEWEST_LETTERS:
        return False
    return len(text) >= _LONGEST_TOKEN or not text.lstrip().startswith(("{", "["))
