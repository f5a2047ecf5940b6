"""Pages as the server might fill them in: what the face has to show well."""

from __future__ import annotations

from egoi_mcp.models.preview import (
    Audience,
    Check,
    Cost,
    EmailFace,
    Excluded,
    Preview,
    SmsFace,
    Timing,
)
from egoi_mcp.page.view import Card, PageView, RuleCard, RuleOffer
from egoi_mcp.sms_text import analyse

NOW = 1_795_600_800.0
BASE = "/page/"
SMS_TEXT = (
    "Hi! Your table for Friday at 20:00 is confirmed. Free parking behind the house, entrance by the river. "
    "See the menu at https://example.com/menu and tell us of allergies until Thursday. "
    "Reply STOP to get no more of these."
)
HTML = (
    "<style>body{margin:0;font:16px/1.5 Georgia,serif;background:#f6efe6;color:#3b2a1a}"
    "div{max-width:34em;margin:0 auto;padding:2em;background:#fff}h1{color:#8a3b12}</style>"
    "<div><h1>Autumn menu</h1><p>Chestnuts, quince and the first new wine: from Friday on.</p>"
    "<p><a href='https://example.com/menu'>The menu</a></p><img alt='The house by the river' width=200></div>"
)


def sms_face(text: str, sender: str = "Example") -> SmsFace:
    found = analyse(text)
    return SmsFace(
        sender=sender,
        encoding=found.encoding,
        characters=found.characters,
        room=found.units_per_part,
        parts=found.part_texts,
    )


def card(id: str, preview: Preview, **changes: object) -> Card:
    values: dict[str, object] = {
        "id": id,
        "state": "proposed",
        "risk": "SEND",
        "preview": preview,
        "connection": "main",
        "client": "example-client 1.0",
        "principal": "ana",
        "asked_at": NOW - 40,
        "expires_at": NOW + 560,
        "form": f"token-{id}",
    }
    return Card(**(values | changes))  # type: ignore[arg-type]  # members by name, as a test changes them


SMS = Preview(
    title="Send 124 transactional SMS through E-goi",
    account="Example Lda (7001)",
    recipients=124,
    to=("+351900000001", "+351900000002", "+351900000003"),
    audience=Audience(
        by_country={"PT": 120, "ES": 4},
        excluded=(
            Excluded(reason="invalid numbers", count=2),
            Excluded(reason="on the suppression list", count=3),
        ),
        checks=(
            Check(against="suppression list", checked=124),
            Check(against="opt-outs", checked=120, unchecked=4, why="the vendor does not tell"),
        ),
    ),
    when=Timing(
        account="Now, 14:00 Europe/Lisbon", recipients=("PT: 14:00 Europe/Lisbon", "ES: 15:00 Europe/Madrid")
    ),
    cost=Cost(
        amount="7.44", currency="EUR", basis="2 parts x 124 at 0.03", balance="100.00 EUR", left="92.56 EUR"
    ),
    facts={"sender": "Example, approved", "encoding": "GSM-7", "segments in total": "248"},
    message=SMS_TEXT,
    sms=sms_face(SMS_TEXT),
    warnings=("alphanumeric senders cannot be replied to: STOP reaches nobody",),
    undo="An SMS that has gone out cannot be called back.",
)
EMAIL = Preview(
    title="Send the email campaign 'Autumn menu' later",
    account="Example Lda (7001)",
    recipients=18240,
    audience=Audience(
        by_country={"PT": 17000, "ES": 1240}, excluded=(Excluded(reason="unsubscribed", count=310),)
    ),
    when=Timing(
        account="Friday 2026-11-27 09:30 Europe/Lisbon",
        recipients=("PT: 09:30 Europe/Lisbon", "ES: 10:30 Europe/Madrid"),
    ),
    facts={"campaign": "c3f2a1", "list": "1 (Guests)", "audience": "the whole list"},
    message="Subject: Autumn menu\nPreheader: From Friday on\n\nAutumn menu\nFrom Friday on. See it <https://example.com/menu>",
    email=EmailFace(
        sender="Example <news@example.com>",
        reply_to="hello@example.com",
        subject="Autumn menu: chestnuts, quince and the first new wine",
        preheader="From Friday on, and a table by the window for whoever writes first",
        plain="Autumn menu\n\nFrom Friday on: https://example.com/menu",
        html=HTML,
        hosts=("example.com", "maps.example.com"),
        links=3,
        images=1,
        size_bytes=48200,
        unsubscribe="a link in the footer",
    ),
    warnings=(
        "a link shortener: filters distrust those",
        "this goes to the WHOLE LIST",
        "merge tags are filled by the vendor or stay as they are: !fname",
    ),
    undo="Can be cancelled until 09:30; afterwards it cannot be called back.",
)
ERASE = Preview(
    title="Delete 12 contacts at TxtSync for good",
    account="TxtSync 88",
    recipients=12,
    to=("+351900000004", "+351900000005"),
    facts={"reason": "asked for by the person"},
    warnings=("nothing brings them back",),
    undo="This cannot be undone.",
)
TAG = Preview(
    title="Attach the tag 'guests 2026' to 40 contacts",
    account="Example Lda (7001)",
    recipients=40,
    facts={"list": "1 (Guests)"},
    undo="Taking the tag off again undoes it.",
)
OFFER = RuleOffer(
    operation="sendSmsMessages", sender="Example", template=SMS_TEXT, per_day=20, most_per_day=50
)
RULE = RuleCard(
    id="r1",
    operation="sendSmsMessages",
    sender="Example",
    template="Your table for {day} is confirmed.",
    per_day=20,
    used_today=3,
    expires="2026-12-31",
    made="made by ana on 2026-11-20 from action a-000",
    revocable=True,
    form="token-r1",
)
FILE_RULE = RuleCard(
    id="r2",
    operation="sendSmsMessages",
    sender="501",
    template="Your code is {code}.",
    per_day=200,
    used_today=0,
    expires="",
    made="in the owner's file",
    revocable=False,
)

SMS_CARD = card("a1", SMS, offer=OFFER)
EMAIL_CARD = card(
    "a2", EMAIL, typed=True, pin=True, email_frame=f"{BASE}email/a2", duplicate_of="a0", approvals=2
)
ERASE_CARD = card("a3", ERASE, risk="DESTROY", typed=True)
TAG_CARD = card(
    "a4", TAG, risk="WRITE", may_decide=False, why_not="Your policy has this decided in a terminal."
)

DONE = card("b1", SMS, state="succeeded", outcome="124 messages were taken by E-goi.", approved_by=("ana",))
BUSY = card("b2", TAG, risk="WRITE", state="executing", outcome="Under way: 20 of 40.", approved_by=("ana",))
HELD = card("b3", ERASE, risk="DESTROY", state="approved", held_until=NOW + 90, may_revoke=True)
DOUBT = card(
    "b4",
    SMS,
    state="unknown",
    outcome="The reply was lost; nothing is sent again by itself.",
    approved_by=("ana",),
)
FAILED = card("b5", SMS, state="failed", outcome="E-goi refused the key (401). Nothing was sent.")
DECLINED = card("b6", EMAIL, state="declined", outcome="Declined by ana. Nothing was sent.")
EXPIRED = card(
    "b7", TAG, risk="WRITE", state="expired", outcome="Nobody decided in time. Nothing was changed."
)
DECIDED = (BUSY, HELD, DONE, DOUBT, FAILED, DECLINED, EXPIRED)


def page(**changes: object) -> PageView:
    values: dict[str, object] = {"base": BASE, "now": NOW, "zone": "Europe/Lisbon"}
    return PageView(**(values | changes))  # type: ignore[arg-type]  # members by name, as a test changes them


VIEWS = {
    "sms": page(waiting=(SMS_CARD,), notice="Declined. Nothing was sent."),
    "email": page(waiting=(EMAIL_CARD,)),
    "many": page(waiting=(SMS_CARD, EMAIL_CARD, ERASE_CARD, TAG_CARD), decided=(DONE,)),
    "error": page(
        waiting=(
            card(
                "a5",
                ERASE,
                risk="DESTROY",
                typed=True,
                pin=True,
                error="The PIN is not right. Nothing was deleted.",
            ),
        )
    ),
    "decided": page(decided=DECIDED, rules=(RULE, FILE_RULE)),
    "empty": page(),
}
