"""The messages that stand in a request: every text that goes out, and marks by which they are known again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from egoi_mcp.api.catalog import JsonValue, Request
from egoi_mcp.api.members import folded, is_array
from egoi_mcp.guard.digest import message_fingerprints
from egoi_mcp.guard.reading import Reading, read
from egoi_mcp.models.preview import LARGEST_HTML_BYTES

_MOST_SHOWN = LARGEST_HTML_BYTES
"""Characters of texts that a person is shown: as many as of an email's HTML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """What goes out: the texts as a person reads them, how many differ, and how many found no room."""

    shown: str | None
    different: int
    left_out: int
    fingerprints: tuple[str, ...]

    def warnings(self) -> list[str]:
        """What to look at before saying yes."""
        said = [f"{self.different} different texts go out: read every one"] if self.different > 1 else []
        if self.left_out:
            said.append(f"{self.left_out} of the texts have no room here, so they CANNOT BE SHOWN")
        return said


def messages_of(request: Request, found: Reading) -> Messages:
    """The messages of a request that sends; `found` is the reading of all of it."""
    texts: Counter[tuple[str, ...]] = Counter()
    marks: dict[str, None] = {}
    for message, one in _each(request, found):
        texts[tuple(one.texts)] += 1
        people = [*one.recipients, *_without_plus(message, one)]
        if one.texts and people:
            kind = "sms" if one.segments else request.operation.name
            marks |= dict.fromkeys(message_fingerprints(kind, people, "\n".join(one.texts)))
    del texts[()]
    shown, left_out = _shown(texts)
    return Messages(shown=shown, different=len(texts), left_out=left_out, fingerprints=tuple(marks))


def _each(request: Request, found: Reading) -> Iterator[tuple[JsonValue, Reading]]:
    """Every message by itself, with what it says."""
    if not is_array(request.body) or len(request.body) == 1:
        yield request.body, found
        return
    for message in request.body:
        yield message, read(replace(request, body=[message]))


def _without_plus(message: JsonValue, one: Reading) -> list[str]:
    """Numbers that may be international ones without their plus: enough to warn, not to know who it is."""
    if one.recipients or not isinstance(message, Mapping):
        return []
    to = next((value for name, value in message.items() if folded(name) == "to"), None)
    return [f"+{each}" for each in (to if is_array(to) else [to]) if isinstance(each, str) and each.isdigit()]


def _shown(texts: Mapping[tuple[str, ...], int]) -> tuple[str | None, int]:
    """The different texts, each once, and how many found no room."""
    if not texts:
        return None, 0
    if len(texts) == 1:
        (only,) = texts
        whole = "\n\n".join(only)
        return (whole, 0) if len(whole) <= _MOST_SHOWN else (None, 1)
    parts: list[str] = []
    room = _MOST_SHOWN
    for number, (each, count) in enumerate(texts.items(), start=1):
        times = f"{count} messages" if count > 1 else "1 message"
        part = f"[{number} of {len(texts)}: {times}]\n" + "\n\n".join(each)
        room -= len(part) + 2
        if room < 0:
            break
        parts.append(part)
    return "\n\n".join(parts) or None, len(texts) - len(parts)
