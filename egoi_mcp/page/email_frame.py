"""An email's HTML made inert, for a frame that runs and fetches nothing anyway."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

_DROPPED = frozenset({"script", "link", "meta", "base", "iframe", "frame", "object", "embed", "portal"})
_LEADING = frozenset({"href", "xlink:href", "ping", "action", "formaction", "target", "srcdoc"})
_HEAD = '<!doctype html><meta charset="utf-8">'


def inert(source: str) -> str:
    """The same to look at, with links that lead nowhere and nothing that asks for another address.

    The frame's own policy is what holds; this keeps a key or a click from leading to a blank frame.
    """
    writer = _Writer()
    writer.feed(source)
    writer.close()
    return _HEAD + "".join(writer.kept)


class _Writer(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.kept: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED:
            return
        if not any(name in _LEADING or name.startswith("on") for name, _ in attrs):
            self.kept.append(self.get_starttag_text() or "")
            return
        written = "".join(
            f" {name}" if value is None else f' {name}="{escape(value)}"'
            for name, value in attrs
            if name not in _LEADING and not name.startswith("on")
        )
        self.kept.append(f"<{tag}{written}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _DROPPED:
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem not in _DROPPED:
            self.kept.append(data)

    def handle_entityref(self, name: str) -> None:
        self.kept.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.kept.append(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        """Comments are left out: a reader sees none, and what some programs read in them is not shown."""
