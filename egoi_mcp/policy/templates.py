"""The templates of standing rules: a text with gaps, and whether a message is that text with its gaps filled.

A gap takes visible characters, letters and digits for the most part, and no line break. It makes no link
and lengthens none: a message whose links are not all the template's own does not fit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_GAP = re.compile(r"\{([^{}:]*)(?::([0-9]{1,3}))?\}")
_USUAL, _MOST = 20, 100
_LINK = re.compile(
    # Of bounded length before `://` and `@`, and names only from where they begin: else a long word takes its
    # length squared.
    r"[a-z][a-z0-9+.-]{0,30}://\S*"
    r"|(?<![\w-])(?<![\w-]\.)[\w-]+(?:\.[\w-]+)*\.(?:xn--[a-z0-9-]+|[^\W\d_]{2,})(?:[:/?#]\S*)?"
    r"|(?<![\w.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![\w.])\S*"
    r"|\S{1,128}@\S+",
    re.IGNORECASE,
)
"""What a phone may turn into a link: a scheme, a name with a dot and letters after it, four numbers, `@`."""
DOTS = str.maketrans({"。": ".", "．": ".", "｡": "."})
"""What is read as the dot of a host's name."""
_PUNCTUATION = frozenset("-,'’:+()/&%€$£#.º°ª")


@dataclass(frozen=True, slots=True)
class Gap:
    """Room for up to so many characters; none is too few."""

    most: int


def parts_of(template: str) -> tuple[str | Gap, ...]:
    """A template as its texts and gaps, in order.

    Raises:
        ValueError: it is no template; the text says why.
    """
    parts: list[str | Gap] = []
    end = 0
    for gap in _GAP.finditer(template):
        parts += [template[end : gap.start()], Gap(int(gap[2] or _USUAL))]
        end = gap.end()
    parts.append(template[end:])
    texts = [part for part in parts if isinstance(part, str)]
    if any("{" in text or "}" in text for text in texts):
        raise ValueError("has a brace that opens or closes no gap")
    if any(not 1 <= part.most <= _MOST for part in parts if isinstance(part, Gap)):
        raise ValueError(f"has a gap of more than {_MOST} characters, or of none")
    if any(not text for text in texts[1:-1]):
        raise ValueError("has two gaps with nothing between them")
    if not any(character.isalnum() for text in texts for character in text):
        raise ValueError("has no words of its own")
    return tuple(part for part in parts if part != "")


def fits(template: str, text: str) -> bool:
    """Whether a text is the template with something visible in each of its gaps.

    Raises:
        ValueError: it is no template.
    """
    parts = parts_of(template)
    # Where the next part may begin; kept as a set, so that no text makes this slow.
    ends = {0}
    for part in parts:
        if isinstance(part, Gap):
            ends = {end for start in ends for end in _filled(text, start, part.most)}
        else:
            ends = {start + len(part) for start in ends if text.startswith(part, start)}
    if len(text) not in ends:
        return False
    own = {link for part in parts if isinstance(part, str) for link in links_of(part)}
    return set(links_of(text)) <= own


def links_of(text: str) -> list[str]:
    """What of a text a phone may turn into a link, folded: case, widths and other dots do not hide one."""
    return _LINK.findall(unicodedata.normalize("NFKC", text).translate(DOTS).casefold())


def _filled(text: str, start: int, most: int) -> Iterator[int]:
    """Where a gap that begins at `start` may end."""
    for end in range(start + 1, min(start + most, len(text)) + 1):
        character = text[end - 1]
        if not _visible(character) or text[max(start, end - 2) : end] == "//":
            return
        if character != " " and text[start] != " ":
            yield end


@lru_cache(maxsize=1024)
def _visible(character: str) -> bool:
    return character == " " or character in _PUNCTUATION or unicodedata.category(character)[0] in "LMN"
