"""What a person sees of an email: the words that its HTML shows, and where its links lead."""

from __future__ import annotations

import html as entities
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from egoi_mcp.sms_warnings import has_opt_out, has_short_link, merge_gaps

# Bounded and possessive, so that no HTML takes longer than in proportion to its length; the standard
# library's parser takes minutes for half a megabyte of broken tags.
_TAG = re.compile(r"<!--|<(/?)([A-Za-z][A-Za-z0-9]{0,15}+)([^<>]{0,4000}+)>")
_HREF = re.compile(r"""\bhref\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_ALT = re.compile(r"""\balt\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_SILENT = frozenset({"script", "style", "template", "title"})
_BREAKS = frozenset(
    {"address", "blockquote", "br", "div", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li"}
    | {"main", "ol", "p", "section", "table", "tr", "ul"}
)
_MOST_HOSTS = 5
_MOST_LINK = 120


@dataclass(frozen=True, slots=True)
class EmailText:
    """An HTML body as words: links stand behind their text, images as their alternative text."""

    text: str
    links: tuple[str, ...]
    images: int


def read_html(html: str) -> EmailText:
    """The words of an HTML body in their order, those that a style hides among them."""
    pieces: list[str] = []
    links: list[str] = []
    images = position = 0
    target = ""
    while (tag := _TAG.search(html, position)) is not None:
        pieces.append(_words(html[position : tag.start()]))
        position = tag.end()
        if tag[0] == "<!--":
            position = _after(html, "-->", position)
            continue
        closing, name = tag[1] == "/", tag[2].lower()
        if name in _SILENT and not closing:
            position = _after_element(html, name, position)
        elif name == "a" and not closing:
            target = _attribute(_HREF, tag[3])
            links += [target] if target else []
        elif name == "a" and target:
            pieces.append(f" <{target if len(target) <= _MOST_LINK else target[: _MOST_LINK - 1] + '…'}>")
            target = ""
        elif name == "img":
            images += 1
            pieces.append(f" [image: {_attribute(_ALT, tag[3]) or 'no text'}] ")
        pieces.append("\n" if name in _BREAKS else " " if name in {"td", "th"} else "")
    pieces.append(_words(html[position:]))
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return EmailText("\n".join(line for line in lines if line), tuple(dict.fromkeys(links)), images)


def email_text(subject: str, html: str, plain: str | None, preheader: str | None) -> str:
    """Everything of an email that reads as words."""
    head = [f"Subject: {subject}", *([f"Preheader: {preheader}"] if preheader else [])]
    body = ["", read_html(html).text or "[the HTML shows no words]"]
    tail = ["", "Plain-text part, for programs that show no HTML:", plain] if plain is not None else []
    return "\n".join([*head, *body, *tail])


def email_facts(html: str) -> dict[str, str]:
    """Size, and where the links lead."""
    shown = read_html(html)
    facts = {"size": f"{len(html.encode()) / 1024:.1f} KiB of HTML, {shown.images} images"}
    hosts = list(dict.fromkeys(_host(link) for link in shown.links))
    more = f" and {len(hosts) - _MOST_HOSTS} more" if len(hosts) > _MOST_HOSTS else ""
    facts["links"] = f"{len(shown.links)} to {', '.join(hosts[:_MOST_HOSTS])}{more}" if hosts else "none"
    return facts


def email_warnings(text: str, *, html: str = "", plain: bool = True) -> tuple[str, ...]:
    """What a careful marketer would stop at; `text` as `email_text` made it."""
    found: list[str] = []
    if gaps := merge_gaps(text):
        found.append(f"merge tags are filled by the vendor or stay as they are: {', '.join(gaps[:5])}")
    if has_short_link(text):
        found.append("a link shortener: filters distrust those")
    if not plain:
        found.append("there is no plain-text part")
    everything = (text + html).casefold()
    if not (has_opt_out(text) or "unsubscribe" in everything or "!remove" in everything):
        found.append("no unsubscribe link was found; the account's footer may add one")
    return tuple(found)


def _words(markup: str) -> str:
    """Text between two tags: a line break in it is a space."""
    return entities.unescape(markup.replace("\n", " "))


def _after(html: str, mark: str, position: int) -> int:
    found = html.find(mark, position)
    return len(html) if found < 0 else found + len(mark)


def _after_element(html: str, name: str, position: int) -> int:
    """Where the text goes on after an element that shows nothing."""
    closing = re.compile(rf"</{name}[^<>]{{0,40}}+>", re.IGNORECASE).search(html, position)
    return len(html) if closing is None else closing.end()


def _attribute(pattern: re.Pattern[str], attributes: str) -> str:
    found = pattern.search(attributes)
    value = next((each for each in found.groups() if each is not None), "") if found else ""
    return " ".join(entities.unescape(value).split())


def _host(link: str) -> str:
    try:
        parts = urlsplit(link)
        return parts.hostname or parts.scheme or link[:40]
    except ValueError:
        return link[:40]
