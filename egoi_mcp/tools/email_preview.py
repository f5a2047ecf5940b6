"""What a person sees of an email: the words that its HTML shows, and where its links lead."""

from __future__ import annotations

import html as entities
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from egoi_mcp.models.preview import LARGEST_HTML_BYTES, EmailFace
from egoi_mcp.sms_warnings import has_opt_out, links

# Bounded and possessive, so that no HTML takes longer than in proportion to its length; the standard
# library's parser takes minutes for half a megabyte of broken tags.
_TAG = re.compile(r"<!--|<(/?)([A-Za-z][A-Za-z0-9]{0,15}+)([^<>]{0,4000}+)>")
_HREF = re.compile(r"""\bhref\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_ALT = re.compile(r"""\balt\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_PIXEL = re.compile(r"""\b(?:width|height)\s{0,9}=\s{0,9}["']?[01](?![0-9.])""", re.IGNORECASE)
_SILENT = frozenset({"script", "style", "template", "title"})
_BREAKS = frozenset(
    {"address", "blockquote", "br", "div", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li"}
    | {"main", "ol", "p", "section", "table", "tr", "ul"}
)
_OUT = re.compile(
    r"unsub|opt[-_]?out|descadastr|desinscri|desabon|abmeld|abbestell|dar(?:se)?[-_]?de[-_]?baja"
    r"|cancelar[-_]?(?:subscri|inscri|assinatura|registo)|/remove\b|remove[-_]?me\b",
    re.IGNORECASE,
)
_OUT_CODE = re.compile(r"![a-z]{0,10}(?:remove|unsubscribe)[a-z_]{0,10}\b", re.IGNORECASE)
_MOST_HOSTS = 5
WORDS_ONLY = "words only, and no link"
_MOST_LINK = 120


@dataclass(frozen=True, slots=True)
class Anchor:
    """One link: the words that a reader clicks, and where they lead."""

    words: str
    target: str


@dataclass(frozen=True, slots=True)
class EmailText:
    """An HTML body as words: links stand behind their text, images as their alternative text.

    `links` are the distinct addresses, `anchors` all links with their words. `unnamed_images` counts those
    of more than a pixel that have no alternative text, not even an empty one.
    """

    text: str
    links: tuple[str, ...]
    images: int
    anchors: tuple[Anchor, ...] = ()
    unnamed_images: int = 0


@lru_cache(maxsize=2)
def read_html(html: str) -> EmailText:
    """The words of an HTML body in their order, those that a style hides among them.

    Remembered, as one preview asks for it several times and half a megabyte takes 0.15 s.
    """
    pieces: list[str] = []
    links: list[str] = []
    anchors: list[Anchor] = []
    images = unnamed = position = opened = 0
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
            opened = len(pieces)
            links += [target] if target else []
        elif name == "a" and target:
            anchors.append(Anchor(" ".join("".join(pieces[opened:]).split()), target))
            pieces.append(f" <{target if len(target) <= _MOST_LINK else target[: _MOST_LINK - 1] + '…'}>")
            target = ""
        elif name == "img":
            images += 1
            unnamed += _ALT.search(tag[3]) is None and _PIXEL.search(tag[3]) is None
            pieces.append(f" [image: {_attribute(_ALT, tag[3]) or 'no text'}] ")
        pieces.append("\n" if name in _BREAKS else " " if name in {"td", "th"} else "")
    pieces.append(_words(html[position:]))
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return EmailText(
        text="\n".join(line for line in lines if line),
        links=tuple(dict.fromkeys(links)),
        images=images,
        anchors=tuple(anchors),
        unnamed_images=unnamed,
    )


def email_text(subject: str, html: str, plain: str | None, preheader: str | None) -> str:
    """Everything of an email that reads as words."""
    head = [f"Subject: {subject}", *([f"Preheader: {preheader}"] if preheader else [])]
    body = ["", read_html(html).text or "[the HTML shows no words]"]
    tail = ["", "Plain-text part, for programs that show no HTML:", plain] if plain is not None else []
    return "\n".join([*head, *body, *tail])


def email_facts(html: str, plain: str | None = None) -> dict[str, str]:
    """Size, where the links lead, and what was found of a way to unsubscribe."""
    shown = read_html(html)
    facts = {"size": f"{len(html.encode()) / 1024:.1f} KiB of HTML, {shown.images} images"}
    hosts = link_hosts(shown)
    more = f" and {len(hosts) - _MOST_HOSTS} more" if len(hosts) > _MOST_HOSTS else ""
    facts["links"] = f"{len(shown.links)} to {', '.join(hosts[:_MOST_HOSTS])}{more}" if hosts else "none"
    facts["unsubscribe"] = unsubscribe_words(shown, html, plain) or "nothing found"
    return facts


def email_face(
    sender_label: str,
    *,
    subject: str,
    html: str,
    plain: str | None = None,
    preheader: str = "",
    reply_to: str = "",
) -> EmailFace:
    """The email as its reader meets it; HTML above 512 KiB is left out, its size is not."""
    shown = read_html(html)
    size = len(html.encode())
    return EmailFace(
        sender=sender_label,
        reply_to=reply_to,
        subject=subject,
        preheader=preheader,
        plain=plain,
        html=html if size <= LARGEST_HTML_BYTES else None,
        hosts=link_hosts(shown),
        links=len(shown.links),
        images=shown.images,
        size_bytes=size,
        unsubscribe=unsubscribe_words(shown, html, plain),
    )


def link_hosts(shown: EmailText) -> tuple[str, ...]:
    """Where the links lead, each host once; the scheme where an address has no host (`mailto`)."""
    return tuple(dict.fromkeys(_host(link) for link in shown.links))


def unsubscribe_words(shown: EmailText, html: str, plain: str | None) -> str:
    """What was found of a way to unsubscribe, in words; nothing where nothing was.

    A link whose words or address say so, the vendor's merge code, or words alone. The headers that mail
    programs make a button of are the vendor's, and are not seen here.
    """
    for anchor in shown.anchors:
        if has_opt_out(anchor.words) or _OUT.search(anchor.target) or _OUT_CODE.search(anchor.target):
            return f"the link {anchor.words[:60]!r} to {_host(anchor.target)}"
    for where, body in (("HTML", html), ("plain-text part", plain or "")):
        if code := _OUT_CODE.search(body):
            return f"the merge code {code[0]} in the {where}"
    if plain is not None and any(_OUT.search(link) for link in links(plain)):
        return "a link in the plain-text part only"
    return WORDS_ONLY if has_opt_out(shown.text) or has_opt_out(plain or "") else ""


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
