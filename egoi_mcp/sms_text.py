"""How a text becomes SMS: encoding, segments, and what forces the expensive one.

GSM-7 holds 160 septets in one segment and 153 in each of several; a character of the extension table
takes two (escape and code). UCS-2 holds 70 and 67 UTF-16 units. `part_texts` are filled greedily, as the
standard fills them: an escape pair or a surrogate pair that does not fit moves on whole. There a cluster of
several code points (a flag, a family, a combining accent) may lie across two segments, which the phone
joins before it draws them. Some gateways move such a cluster on whole, which can take a segment more:
`whole_parts` are filled so, no emoji or accent torn apart. They are what a person is shown, and the larger of
the two counts is the one for limits and costs.

National language shift tables are not covered: a text that needs one (ã, õ, ç) counts as UCS-2.

Source: 3GPP TS 23.038 (alphabets), 3GPP TS 23.040 (concatenation, at most 255 segments); Unicode Standard
Annex 29 (extended grapheme clusters).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from egoi_mcp.errors import InvalidInput

Encoding = Literal["auto", "gsm", "unicode"]
WireEncoding = Literal["GSM-7", "UCS-2"]

MAX_PARTS = 255
"""Segments that one concatenated SMS can have: its header counts them in one octet."""

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
_EXTENSION = "\f^{}\\[~]|€"
_SEPTETS = dict.fromkeys(_BASIC, 1) | dict.fromkeys(_EXTENSION, 2)
_LIMITS: dict[WireEncoding, tuple[int, int]] = {"GSM-7": (160, 153), "UCS-2": (70, 67)}
_BASIC_PLANE = 0xFFFF
_NAMED_AT_MOST = 10

_UNSENDABLE = re.compile("[\x00-\x09\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but line feed, carriage return and form feed; halves of surrogate pairs."""

_LOOKALIKES = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´ʼ‹›", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005", " "),
        **dict.fromkeys("\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
        **dict.fromkeys("\u2028\u2029", "\n"),
        **dict.fromkeys("\u00ad\u200b\u2060\ufeff", ""),
        "…": "...",
        "•": "-",
        "·": ".",
    }
)


@dataclass(frozen=True, slots=True)
class ForeignCharacter:
    """A character that GSM-7 lacks, its Unicode name, and where it first stands (1 is the first)."""

    character: str
    name: str
    position: int


@dataclass(frozen=True, slots=True)
class SmsText:
    """One text as SMS.

    `characters` counts code points, `units` what fills segments (septets or UTF-16 units), `parts` the
    segments of the standard; an empty text has none. `units_per_part` is the room of each of them.
    `whole_parts` is the text in segments that cut no cluster which fits into one. `first_non_gsm` names at
    most ten distinct characters, also where UCS-2 was asked for.
    """

    encoding: WireEncoding
    characters: int
    units: int
    parts: int
    units_per_part: int
    part_texts: tuple[str, ...]
    whole_parts: tuple[str, ...]
    first_non_gsm: tuple[ForeignCharacter, ...]
    max_parts: int

    @property
    def most_parts(self) -> int:
        """How many segments may be billed at most, whichever way they are filled."""
        return max(self.parts, len(self.whole_parts))

    @property
    def fits(self) -> bool:
        """Whether the text needs no more segments than allowed, whichever way they are filled."""
        return self.most_parts <= self.max_parts

    @property
    def uses_extension(self) -> bool:
        """Whether a GSM-7 text holds characters of the extension table, which vendors may name apart."""
        return self.encoding == "GSM-7" and self.units > self.characters


def analyse(text: str, encoding: Encoding = "auto", max_parts: int | None = None) -> SmsText:
    """Say how a text is encoded and split; "auto" is GSM-7 wherever every character has a place in it.

    Raises:
        InvalidInput: the text holds what no SMS can carry, or what GSM-7 lacks although it was asked
            for, or `max_parts` is no number of segments.
    """
    if max_parts is not None and not 1 <= max_parts <= MAX_PARTS:
        raise InvalidInput(f"An SMS can be allowed 1 to {MAX_PARTS} segments.")
    if unsendable := _UNSENDABLE.search(text):
        raise InvalidInput(
            f"Character {unsendable.start() + 1} of the text (U+{ord(unsendable[0]):04X}) is a control"
            " character or half of a surrogate pair; an SMS cannot carry it."
        )
    foreign = _foreign_characters(text)
    if encoding == "gsm" and foreign:
        listed = ", ".join(f"{_shown(each)} at {each.position}" for each in foreign)
        raise InvalidInput(f'GSM-7 lacks these characters: {listed}. Replace them or use encoding="unicode".')
    wire: WireEncoding = "UCS-2" if foreign or encoding == "unicode" else "GSM-7"
    widths = [_width(character, wire) for character in text]
    single, multiple = _LIMITS[wire]
    units = sum(widths)
    room = single if units <= single else multiple
    part_texts = _filled(text, widths, room)
    return SmsText(
        encoding=wire,
        characters=len(text),
        units=units,
        parts=len(part_texts),
        units_per_part=room,
        part_texts=part_texts,
        whole_parts=_whole(text, room) if wire == "UCS-2" and len(part_texts) > 1 else part_texts,
        first_non_gsm=foreign,
        max_parts=MAX_PARTS if max_parts is None else max_parts,
    )


def gsm_equivalents(text: str) -> str:
    """Replace typographic characters by the GSM-7 ones that read the same; for offering, never for sending.

    Quotation marks, dashes, ellipses and unusual spaces are replaced, letters and accents composed;
    invisible spaces go. What changes the spelling (ã, ç) stays.
    """
    return unicodedata.normalize("NFC", text).translate(_LOOKALIKES)


def _foreign_characters(text: str) -> tuple[ForeignCharacter, ...]:
    first_positions: dict[str, int] = {}
    for position, character in enumerate(text, start=1):
        if character not in _SEPTETS:
            first_positions.setdefault(character, position)
            if len(first_positions) == _NAMED_AT_MOST:
                break
    return tuple(
        ForeignCharacter(character, unicodedata.name(character, f"U+{ord(character):04X}"), position)
        for character, position in first_positions.items()
    )


def _shown(foreign: ForeignCharacter) -> str:
    """Its name, with the character itself where that cannot disturb the line it stands in."""
    return f"{foreign.character} ({foreign.name})" if foreign.character.isalnum() else foreign.name


def _width(character: str, wire: WireEncoding) -> int:
    if wire == "GSM-7":
        return _SEPTETS[character]
    return 2 if ord(character) > _BASIC_PLANE else 1


def _whole(text: str, room: int) -> tuple[str, ...]:
    """The text in segments of so many UTF-16 units, no cluster cut that fits into one."""
    # Imported here: most texts fit into one segment, or hold no cluster.
    import regex

    pieces: list[str] = []
    for cluster in regex.findall(r"\X", text):
        wide = sum(_width(character, "UCS-2") for character in cluster) > room
        pieces += list(cluster) if wide else [cluster]
    return _filled(pieces, [sum(_width(each, "UCS-2") for each in piece) for piece in pieces], room)


def _filled(pieces: Sequence[str], widths: list[int], room: int) -> tuple[str, ...]:
    """Pieces that are never cut, joined into as few segments as they fit in one after the other."""
    if not pieces:
        return ()
    parts: list[str] = []
    start = used = 0
    for index, width in enumerate(widths):
        if used + width > room:
            parts.append("".join(pieces[start:index]))
            start, used = index, 0
        used += width
    return (*parts, "".join(pieces[start:]))
