"""What a preview warns about in an email. Heuristics; a person reads them, and they decide nothing."""

from __future__ import annotations

import re

from egoi_mcp.models.preview import LARGEST_HTML_BYTES
from egoi_mcp.plain_text import hidden_characters
from egoi_mcp.sms_warnings import has_opt_out, has_short_link, host_of, is_shouted, links, merge_gaps
from egoi_mcp.tools.email_preview import WORDS_ONLY, Anchor, EmailText, read_html, unsubscribe_words

_CLIPPED_BYTES = 102 * 1024
_LONGEST_SUBJECT = 70
_FEWEST_WORDS = 10
_ACTIVE = re.compile(r"<(script|form|iframe|object|embed)\b", re.IGNORECASE)
_RUNS = re.compile(r"\s{0,9}(?:javascript|vbscript|data):", re.IGNORECASE)


def email_warnings(
    text: str,
    *,
    html: str = "",
    plain: bool = True,
    subject: str | None = None,
    preheader: str | None = None,
    plain_text: str | None = None,
) -> tuple[str, ...]:
    """What a careful marketer would stop at; `text` as `email_text` made it.

    Without a `subject` nothing is said of subject and preheader, without HTML nothing of the HTML.
    """
    found: list[str] = []
    if gaps := merge_gaps(text):
        found.append(f"merge tags are filled by the vendor or stay as they are: {', '.join(gaps[:5])}")
    if has_short_link(text):
        found.append("a link shortener: filters distrust those")
    if not plain:
        found.append("there is no plain-text part")
    shown = read_html(html)
    way_out = unsubscribe_words(shown, html, plain_text)
    if not (has_opt_out(text) or way_out or "!remove" in text.casefold()):
        found.append("no unsubscribe link was found; the account's footer may add one")
    elif html and way_out == WORDS_ONLY:
        found.append("words say how to unsubscribe and no link does; the account's footer may add one")
    if subject is not None:
        found += _subject_warnings(subject, preheader)
    return (*found, *_html_warnings(shown, html)) if html else tuple(found)


def _subject_warnings(subject: str, preheader: str | None) -> list[str]:
    found: list[str] = []
    if not subject.strip():
        found.append("the subject is blank")
    if len(subject) > _LONGEST_SUBJECT:
        found.append(
            f"the subject has {len(subject)} characters; phones show about 40, mail programs about 70"
        )
    if is_shouted(subject):
        found.append("the subject is in capitals throughout")
    if hidden := hidden_characters(subject):
        found.append(f"the subject holds characters that nobody sees: {', '.join(hidden[:3])}")
    if preheader is None or not preheader.strip():
        found.append("no preheader: mail programs show the first words of the body instead")
    return found


def _html_warnings(shown: EmailText, html: str) -> list[str]:
    found: list[str] = []
    size = len(html.encode())
    if size > LARGEST_HTML_BYTES:
        found.append(f"the HTML is too large to be shown ({size / 1024:.1f} KiB)")
    if size > _CLIPPED_BYTES:
        found.append("the HTML is larger than 102 KiB: Gmail cuts the rest off, an unsubscribe link with it")
    if misleading := [anchor for anchor in shown.anchors if _misleads(anchor)]:
        first = misleading[0]
        found.append(
            f"{len(misleading)} links name another host than they lead to, such as "
            f"{first.words[:60]!r} to {host_of(first.target)}"
        )
    if unsafe := [link for link in shown.links if link.lower().startswith("http://")]:
        found.append(f"{len(unsafe)} links start with http:// and are not encrypted")
    if any(_RUNS.match(link) for link in shown.links):
        found.append("a link holds a script or data instead of an address")
    if shown.unnamed_images:
        found.append(f"{shown.unnamed_images} of {shown.images} images have no alternative text")
    if "[image: no text]" in shown.text and len(_own_words(shown.text)) < _FEWEST_WORDS:
        found.append("images with hardly any words: where images are blocked the email looks empty")
    if active := _ACTIVE.search(html):
        found.append(f"<{active[1].lower()}> does nothing in most mail programs, and filters distrust it")
    return found


def _misleads(anchor: Anchor) -> bool:
    """Whether the words are an address of another site than the link's; a part of the other is the same."""
    named = links(anchor.words)
    if len(named) != 1 or not anchor.target.lower().startswith(("http://", "https://")):
        return False
    said, led = (host_of(each).removeprefix("www.") for each in (named[0], anchor.target))
    # `example.com` shown for `go.example.com`, and the other way round, is the same site.
    return bool(said and led) and not (said == led or said.endswith(f".{led}") or led.endswith(f".{said}"))


def _own_words(text: str) -> list[str]:
    """The words that are neither an image's nor an address."""
    return re.findall(r"[^\W\d_]{2,}", re.sub(r"\[image: [^\]\n]*\]|<[^<>\n]*>", " ", text))
