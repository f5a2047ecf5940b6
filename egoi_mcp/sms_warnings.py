"""What a preview warns about in the text of an SMS: gaps, links, a missing way out.

These are heuristics over five languages (en, pt, es, fr, de). They decide nothing; a person reads them.
"""

from __future__ import annotations

import re
import unicodedata

SHORTENERS = frozenset(
    {
        "adf.ly", "bit.do", "bit.ly", "bitly.com", "buff.ly", "cutt.ly", "dlvr.it", "fb.me", "goo.gl",
        "is.gd", "j.mp", "lnkd.in", "ow.ly", "rb.gy", "rebrand.ly", "s.id", "short.io", "shorte.st",
        "shorturl.at", "snip.ly", "soo.gd", "t.co", "t.ly", "t1p.de", "tiny.cc", "tinyurl.com", "trib.al",
        "v.gd", "wp.me",
    }
)  # fmt: skip
"""Public link shorteners: carriers filter them, and nobody sees where they lead."""

_MERGE_GAP = re.compile(
    r"\{\{[^{}\n]{0,80}\}\}"  # {{ name }}
    r"|\[\[[^\[\]\n]{1,80}\]\]"  # [[name]]
    r"|\*\|[^|\n]{1,80}\|\*"  # *|FNAME|*
    r"|(?<![\w!])![a-z][a-z0-9_]+"  # !fname, the vendor's own merge codes
    r"|(?<!\{)\$?\{\$?[^\W\d][\w .]{0,40}\}(?!\})"  # {name}, ${name}, {$name}
    r"|(?<![\w%])%[A-Za-z_][\w.]{1,40}%"  # %name%
    r"|(?<!\[)\[[^\W\d][\w ]{1,40}\](?!\])"  # [Your name], what a writer forgets to fill
    r"|<[^\W\d][\w ]{1,40}>"  # <name>
)
_BARE_TLDS = (
    "app|be|biz|br|ca|cc|ch|cl|club|co|com|de|dev|es|eu|fr|gl|gy|ie|info|io|it|link|ly|me|mx|net|nl|online|org|pe|"
    "pl|pt|shop|site|store|to|uk|us|xyz"
)
_LINK = re.compile(
    r"https?://[^\s<>\"]+"
    r"|(?<![\w@.\-/])www\.[^\s<>\"]+"
    r"|(?<![\w@.\-/])(?:[\w-]{1,63}\.){1,8}(?:"
    + _BARE_TLDS
    + r")(?![\w@-]|\.\w)(?::\d{1,5})?(?:[/?#][^\s<>\"]*)?"
    r"|(?<![\w@.\-/])(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}/[^\s<>\"]*",
    re.IGNORECASE,
)
_FEWEST_SHOUTED = 12
_AFTER_LINK = ".,;:!?)]}'»”"

_COMMAND = re.compile(r"(?<!\w)(?:STOPP?|SAIR|BAJA|REMOVER|UNSUB)(?!\w)")
_ASKED_TO_REPLY = re.compile(
    r"\b(?:reply|text|send|sms|resp|respond[ae]|responder|envi[ae]|enviar|envoye[rz]|repond(?:ez|re)|antworte[nt]?|"
    r"sende[nt]?)\b"
    r"[^\w\n]{1,4}(?:\w{1,12}[^\w\n]{1,4}){0,2}"
    r"(?:stopp?|sair|baja|alto|remover|parar|quit|unsub)\b"
)
_PHRASE = re.compile(
    r"\b(?:opt[ -]?out|unsubscribe|stop (?:sms|mensagens|messages|msgs)|"
    r"(?:cancelar|anular|remover)(?: a| o| la)? (?:subscricao|inscricao|assinatura|registo|suscripcion)|"
    r"(?:nao|no) (?:quer |quiere |queira |desea |deseja |quieres )?(?:receber|recibir)|deixar de receber|"
    r"dejar de recibir|dar(?:se)?(?:te)? de baja|desinscri\w*|desabonn\w*|ne plus recevoir|"
    r"abmeld\w*|abbestell\w*|austragen)\b"
)


def merge_gaps(text: str) -> tuple[str, ...]:
    """The distinct merge tags and placeholders in the text, in order: `!fname`, `{{ name }}`, `[Name]`."""
    return tuple(dict.fromkeys(_MERGE_GAP.findall(text)))


def links(text: str) -> tuple[str, ...]:
    """The distinct addresses in the text, in order, with or without a scheme; e-mail addresses are none."""
    found = (match[0].rstrip(_AFTER_LINK) for match in _LINK.finditer(text))
    return tuple(dict.fromkeys(found))


def has_short_link(text: str) -> bool:
    """Whether a link leads to a public link shortener."""
    return any(_host(link).removeprefix("www.") in SHORTENERS for link in links(text))


def open_links(text: str) -> tuple[str, ...]:
    """The links that are spelt with http:// and so go over the wire unencrypted."""
    return tuple(link for link in links(text) if link.lower().startswith("http://"))


def is_shouted(text: str) -> bool:
    """Whether everything but links, merge tags and numbers is in capitals; a few letters do not count."""
    spoken = _MERGE_GAP.sub(" ", _LINK.sub(" ", text))
    return spoken.isupper() and sum(map(str.isalpha, spoken)) >= _FEWEST_SHOUTED


def host_of(link: str) -> str:
    """The host of an address with or without a scheme, in lower case."""
    return _host(link)


def has_opt_out(text: str) -> bool:
    """Whether the text seems to say how to stop such messages.

    A word like STOP, SAIR or BAJA counts in capitals (unless all of the text is) or after "reply",
    "responda" and the like; phrases such as "opt out" or "darse de baja" count as they are. A link that
    says it only in its address does not count.
    """
    spoken = _LINK.sub(" ", text)
    folded = "".join(
        character
        for character in unicodedata.normalize("NFD", spoken.casefold())
        if unicodedata.category(character) != "Mn"
    )
    if _PHRASE.search(folded) or _ASKED_TO_REPLY.search(folded):
        return True
    return not spoken.isupper() and _COMMAND.search(spoken) is not None


def _host(link: str) -> str:
    without_scheme = re.sub(r"(?i)^https?://", "", link)
    authority = re.split(r"[/?#\\]", without_scheme, maxsplit=1)[0]
    return authority.rpartition("@")[2].partition(":")[0].rstrip(".").lower()
