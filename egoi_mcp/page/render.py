"""The approval page as HTML: all that comes from outside is text, never markup."""

from __future__ import annotations

from html import escape

from egoi_mcp.page.view import Card, PageView


def render(view: PageView) -> str:
    """The whole page."""
    cards = "".join(_card(view, card) for card in (*view.waiting, *view.decided))
    notice = f'<p role="status">{escape(view.notice)}</p>' if view.notice else ""
    nothing = "" if cards else "<p>Nothing waits for a decision.</p>"
    return _document("Approvals", f"<main>{notice}{nothing}{cards}</main>")


def render_notice(title: str, text: str) -> str:
    """A page that only says something."""
    return _document(title, f"<main><h1>{escape(title)}</h1><p>{escape(text)}</p></main>")


def _document(title: str, main: str) -> str:
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
    return f"{head}<body>{main}</body></html>"


def _card(view: PageView, card: Card) -> str:
    said = "".join(f"<p>{escape(text)}</p>" for text in (card.error, card.why_not, card.outcome) if text)
    form = ""
    deeds = ["approve", "decline"] if card.may_decide and card.form else []
    deeds += ["revoke"] if card.may_revoke else []
    if deeds:
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(value)}">'
            for name, value in (("action", card.id), ("form", card.form))
        )
        typed = '<input name="recipients" aria-label="Number of recipients">' if card.typed else ""
        pin = '<input name="pin" type="password" aria-label="PIN">' if card.pin else ""
        buttons = "".join(f'<button name="decision" value="{deed}">{deed}</button>' for deed in deeds)
        form = f'<form method="post" action="{escape(view.base)}decide">{hidden}{typed}{pin}{buttons}</form>'
    text = escape(card.preview.as_text())
    head = f'<article id="{escape(card.id)}"><h2>{escape(card.state)}</h2>'
    return f"{head}<pre>{text}</pre>{said}{form}</article>"
