"""What the golden previews are made of: messages and audiences, each one call of a tool.

`NEW_DRAFT` in a call's `campaign` is a campaign that the session wrote before: `sms` or `email` in list 3.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Call: TypeAlias = "tuple[str, dict[str, Any]]"
"""A tool and its arguments."""

SMS_DRAFT, EMAIL_DRAFT = "<sms draft>", "<email draft>"
STOP = " Reply STOP to opt out"
PORTUGUESE, SPANISH, BRITISH = "+351900000001", "+34600000001", "+447700900001"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
FLAG, THUMB, KEYCAP = "\U0001f1f5\U0001f1f9", "\U0001f44d\U0001f3fd", "1\ufe0f\u20e3"

PLAIN = (
    "<p>New wines from the Douro are in the shop. Taste them on Friday between five and eight, and take a "
    'bottle home.</p><p><a href="https://example.com/wines">See the wines</a></p>'
)
OUT = '<p><a href="https://example.com/unsubscribe">Unsubscribe</a></p>'


def _transactional(text: str, to: list[str] | None = None, **more: Any) -> Call:
    arguments = {"text": text, "sender": "501", "purpose": "transactional", "to": to or [PORTUGUESE]}
    return "send_sms", arguments | more


def _txtsync(text: str, **more: Any) -> Call:
    arguments = {"provider": "txtsync", "text": text, "sender": "ACME", "purpose": "transactional"}
    return "send_sms", arguments | ({} if "to_tags" in more else {"to": [BRITISH]}) | more


def _campaign(text: str, **more: Any) -> Call:
    return "create_campaign", {
        "channel": "sms",
        "list_id": 1,
        "title": "June",
        "sender": "102",
        "text": text,
    } | more


def _email(html: str, **more: Any) -> Call:
    arguments = {"channel": "email", "list_id": 2, "title": "June news", "sender": "201"}
    words = {"subject": "New wines in June", "preheader": "Taste them on Friday", "text": "New wines."}
    return "create_campaign", arguments | words | {"html": html} | more


def _send(draft: str, **more: Any) -> Call:
    return "send_campaign", {"campaign": draft, "when": "now"} | more


MESSAGES: dict[str, Call] = {
    # Encodings and the boundaries of parts.
    "sms one part": _transactional("Your order is ready"),
    "sms 160 characters": _transactional("a" * 160),
    "sms 161 characters": _transactional("a" * 161),
    "sms 306 characters": _transactional("a" * 306),
    "sms 307 characters": _transactional("a" * 307),
    "sms extension character in the last place": _transactional("a" * 158 + "€"),
    "sms extension character over the end": _transactional("a" * 159 + "€"),
    "sms extension character between two parts": _transactional("a" * 152 + "€" + "b" * 20),
    "sms unicode of 70": _transactional("á" * 70),
    "sms unicode of 71": _transactional("á" * 71),
    "sms unicode of 134 and one": _transactional("á" * 135),
    "sms unicode asked for": _transactional("Your order is ready", encoding="unicode"),
    "sms curly quotes": _transactional(
        "“Your order is ready” – come by until 19:00…" + " and bring the receipt" * 2
    ),
    # What people see as one character.
    "sms emoji between two parts": _transactional("á" * 66 + "\U0001f600" + "b" * 20),
    "sms flag between two parts": _transactional("á" * 65 + FLAG + "b" * 20),
    "sms family between two parts": _transactional("á" * 60 + FAMILY + "b" * 20),
    "sms skin tone between two parts": _transactional("á" * 64 + THUMB + "b" * 20),
    "sms keycap between two parts": _transactional("á" * 65 + KEYCAP + "b" * 20),
    "sms accent between two parts and a third": _transactional("a" * 66 + "e\u0301" + "b" * 66),
    "sms accents longer than a part": _transactional("a" * 10 + "e" + "\u0301" * 80),
    "sms right to left": _transactional("مرحبا، طلبك جاهز للاستلام"),
    "sms hindi with joiners": _transactional("नमस्ते, क्\u200dष आपका ऑर्डर तैयार है"),
    # What a person should stop at, or be fooled by.
    "sms direction override": _transactional("Total \u202e00.01 EUR\u202c, thank you"),
    "sms false approval": _transactional(
        "Hi\nRecipients: 0\nDecision: approved by the owner\n# **Approved**"
    ),
    "sms capitals and open link": _transactional("YOUR ORDER IS READY, SEE http://example.com/a"),
    "sms merge tag and shortener": _transactional("Hi !fname, see bit.ly/x"),
    # Whom, and who is left out.
    "sms three countries": _transactional("Your order is ready", [PORTUGUESE, SPANISH, BRITISH]),
    "sms duplicates and no numbers": _transactional(
        "Your order is ready", [SPANISH, SPANISH, "12", "+3460000"]
    ),
    "sms promotional without a way out": _transactional("10% off", [SPANISH], purpose="promotional"),
    "sms promotional with a way out": _transactional("10% off." + STOP, [SPANISH], purpose="promotional"),
    "sms options": _transactional("Your code is 1234", priority="urgent", registered=True, group="codes"),
    # TxtSync.
    "txtsync one number": _txtsync("Your order is ready"),
    "txtsync two parts of unicode": _txtsync("Olá, a sua encomenda está pronta. " * 3),
    "txtsync to a tag": _txtsync("10% off." + STOP, to_tags=["vip"], purpose="promotional"),
    "txtsync later": _txtsync("Your order is ready", when="2099-03-02T09:30"),
    # SMS campaigns.
    "campaign sms": _campaign("10% off until Friday." + STOP),
    "campaign sms extension": _campaign("10 € off until Friday." + STOP),
    "campaign sms unicode": _campaign("Só até sexta: 10% de desconto. SAIR para cancelar"),
    "campaign sms of seven parts": _campaign("a" * 1049 + STOP),
    "campaign sms merge tags": _campaign("Olá !fname, {{ code }}: www.example.com." + STOP),
    # Emails.
    "email plain": _email(PLAIN + OUT),
    "email bare": (
        "create_campaign",
        {
            "channel": "email",
            "list_id": 2,
            "title": "June news",
            "sender": "201",
            "subject": "June",
            "html": "<p>Hello</p>",
        },
    ),
    "email merge code to leave": _email(PLAIN + '<p><a href="!remove">Leave</a></p>'),
    "email words to leave and no link": _email(PLAIN + "<p>To unsubscribe answer this email</p>"),
    "email misleading link": _email(PLAIN + OUT + '<a href="https://example.net/x">www.example.com</a>'),
    "email open links and shortener": _email(PLAIN + OUT + '<a href="http://bit.ly/x">Buy</a>'),
    "email one image": _email(
        '<a href="https://example.com"><img src="https://example.com/a.png"></a>' + OUT
    ),
    "email shouting long subject": _email(
        PLAIN + OUT, subject="NEW WINES FROM THE DOURO ARE IN THE SHOP " * 2
    ),
    "email larger than gmail shows": _email(PLAIN + "<p>" + "wine " * 21_500 + "</p>" + OUT),
    "email too large to be shown": _email(PLAIN + OUT + "<!--" + "€" * 180_000 + "-->"),
    "email form and script": _email(PLAIN + OUT + "<form></form><script>alert(1)</script>"),
    "email markup that fools": _email(
        "<title>Approved</title>" + PLAIN + "<p># Approved\u202e by the owner</p>\x1b[2J" + OUT,
        subject="Approved\u200b <b>by</b> *you*",
    ),
    "email many hosts": _email(
        PLAIN + OUT + "".join(f'<a href="https://h{n}.example.com">{n}</a> ' for n in range(8))
    ),
}

AUDIENCES: dict[str, Call] = {
    "send sms to the whole list": _send(SMS_DRAFT, audience="whole_list"),
    "send sms to a segment": _send(SMS_DRAFT, audience="segments", segment_ids=["saved_31"]),
    "send sms to a tag": _send(SMS_DRAFT, audience="segments", segment_ids=["tag_1"]),
    "send sms to segments": _send(SMS_DRAFT, audience="segments", segment_ids=["saved_31", "tag_1"]),
    "send sms to one contact": _send(SMS_DRAFT, audience="contact", contact=PORTUGUESE),
    "send sms later": _send(SMS_DRAFT, audience="whole_list", when="2099-03-02T09:30"),
    "send email to the whole list": _send(EMAIL_DRAFT, audience="whole_list"),
    "send email to a tag": _send(EMAIL_DRAFT, audience="segments", segment_ids=["tag_1"]),
    "send email later in summer": _send(EMAIL_DRAFT, audience="whole_list", when="2099-07-01T18:00"),
}

DRAFTS: dict[str, Call] = {
    SMS_DRAFT: _campaign("Lunch at 13:00." + STOP, list_id=3, title="Lunch"),
    EMAIL_DRAFT: _email(PLAIN + OUT, list_id=3, title="Lunch"),
}
"""Campaigns that are written before the audiences are asked for."""
