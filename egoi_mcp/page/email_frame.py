"""An email's HTML made inert, for a frame that runs and fetches nothing anyway.

What a browser would take for a tag is written anew from its parts, so that what is left out cannot come back
in another reading. One pass over the text, each character looked at a bounded number of times: the standard
library's parser takes minutes for broken tags.
"""

from __future__ import annotations

import re
from html import escape, unescape

_DROPPED = frozenset({"script", "link", "meta", "base", "iframe", "frame", "object", "embed", "portal"})
_LEADING = frozenset({"href", "xlink:href", "ping", "action", "formaction", "target", "srcdoc"})
_HEAD = '<!doctype html><meta charset="utf-8">'

_NAME = re.compile(r"[A-Za-z][^\s/>]*+")
_SPACE = re.compile(r"[\s/]*+")
_ATTRIBUTE = re.compile(r"""([^\s/>=][^\s/>=]*+|=[^\s/>=]*+)(\s*+=\s*+)?""")
_BARE = re.compile(r"[^\s>]*+")
_PLAIN = re.compile(r"[a-z][a-z0-9:._-]*")


def inert(source: str) -> str:
    """The same to look at, with links that lead nowhere and nothing that asks for another address.

    The frame's own policy is what holds; this keeps a key or a click from leading to a blank frame.
    """
    kept: list[str] = []
    folded = source.lower() if len(source.lower()) == len(source) else source
    position = 0
    while (at := source.find("<", position)) >= 0:
        kept.append(source[position:at])
        closing = source.startswith("/", at + 1)
        name = _NAME.match(source, at + 1 + closing)
        if name is not None:
            tag = name[0].lower()
            attributes, position = _attributes(source, name.end())
            if position < 0:
                # A tag that never ends shows nothing, nor does what stands in it.
                return _HEAD + "".join(kept)
            kept.append(_tag(tag, attributes, closing=closing))
            if tag in {"script", "style"} and not closing:
                ends = folded.find(f"</{tag}", position)
                ends = len(source) if ends < 0 else ends
                kept.append(source[position:ends] if tag == "style" else "")
                position = ends
        elif source.startswith("<!--", at):
            # Comments are left out: no reader sees one, nor what some programs read in it.
            position = _after(source, "-->", at + 2)
        elif source.startswith(("<!", "<?", "</"), at):
            position = _after(source, ">", at + 1)
        else:
            kept.append("&lt;")
            position = at + 1
    return _HEAD + "".join([*kept, source[position:]])


def _after(source: str, mark: str, position: int) -> int:
    found = source.find(mark, position)
    return len(source) if found < 0 else found + len(mark)


def _attributes(source: str, position: int) -> tuple[list[tuple[str, str | None]], int]:
    """The attributes of a tag and where it ends; -1 where it never does."""
    found: list[tuple[str, str | None]] = []
    while True:
        position = _after_space(source, position)
        if position >= len(source):
            return found, -1
        if source[position] == ">":
            return found, position + 1
        named = _ATTRIBUTE.match(source, position)
        if named is None:
            return found, -1
        value: str | None = None
        position = named.end()
        if named[2] is not None:
            value, position = _value(source, position)
            if position < 0:
                return found, -1
        found.append((named[1].lower(), value))


def _after_space(source: str, position: int) -> int:
    space = _SPACE.match(source, position)
    return position if space is None else space.end()


def _value(source: str, position: int) -> tuple[str, int]:
    mark = source[position : position + 1]
    if mark in {'"', "'"}:
        end = source.find(mark, position + 1)
        return (source[position + 1 : end], end + 1) if end >= 0 else ("", -1)
    bare = _BARE.match(source, position)
    return ("", position) if bare is None else (bare[0], bare.end())


def _tag(tag: str, attributes: list[tuple[str, str | None]], *, closing: bool) -> str:
    if tag in _DROPPED or _PLAIN.fullmatch(tag) is None:
        return ""
    if closing:
        return f"</{tag}>"
    written = "".join(
        f" {name}" if value is None else f' {name}="{escape(unescape(value))}"'
        for name, value in attributes
        if _PLAIN.fullmatch(name) is not None and name not in _LEADING and not name.startswith("on")
    )
    return f"<{tag}{written}>"
