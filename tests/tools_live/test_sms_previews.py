"""What a person is shown of an SMS, to the number: encoding, characters, segments, countries, warnings."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support import connected
from tests.support.clock import Clock
from tests.tools_live.live import BRITISH, PORTUGUESE, SPANISH, previewed

pytestmark = pytest.mark.anyio

COUNTRIES = {"+351": "PT", "+346": "ES", "+447": "GB"}
STOP = " Reply STOP to opt out"


def shape(
    encoding: str, characters: int, segments: int, room: int, total: int, because: str = ""
) -> dict[str, str]:
    facts = {
        "from": "ACME (sender 501, confirmed)",
        "sender type": "alphanumeric, so nobody can answer it",
        "cost": "not known: the owner's policy has no prices",
        "encoding": encoding,
        "characters": str(characters),
        "segments per message": f"{segments} (of up to {room} units)",
        "segments in total": str(total),
    }
    return facts | ({"unicode because of": because} if because else {})


A_ACUTE = "á (latin small letter a with acute)"
CASES: dict[str, tuple[str, list[str], dict[str, str], list[str]]] = {
    "one segment": (
        "Your order is ready",
        [PORTUGUESE],
        shape("GSM-7", 19, 1, 160, 1),
        ["1 of 1 numbers lie in no range that their country has assigned"],
    ),
    "exactly one segment, two countries": (
        "a" * 160,
        [SPANISH, BRITISH],
        shape("GSM-7", 160, 1, 160, 2),
        ["1 of 2 numbers lie in no range that their country has assigned"],
    ),
    "one character too many": (
        "a" * 161,
        [SPANISH, BRITISH, "+34600000002"],
        shape("GSM-7", 161, 2, 153, 6),
        ["1 of 3 numbers lie in no range that their country has assigned"],
    ),
    "an extension character counts twice": (
        "a" * 159 + "€",
        [SPANISH],
        shape("GSM-7", 160, 2, 153, 2),
        [],
    ),
    "Portuguese": (
        "Olá João, a sua encomenda está pronta",
        [SPANISH],
        shape("UCS-2", 37, 1, 70, 1, f"{A_ACUTE}, ã (latin small letter a with tilde)"),
        [],
    ),
    "71 characters of Unicode": (
        "á" * 71,
        [SPANISH, BRITISH],
        shape("UCS-2", 71, 2, 67, 4, A_ACUTE),
        ["1 of 2 numbers lie in no range that their country has assigned"],
    ),
    "an emoji is two units": (
        "a" * 69 + "\N{WAVING HAND SIGN}",
        [SPANISH],
        shape("UCS-2", 70, 2, 67, 2, "\N{WAVING HAND SIGN} (waving hand sign)"),
        [],
    ),
    "curly quotes cost a second segment": (
        "\N{LEFT DOUBLE QUOTATION MARK}" + "a" * 90 + "\N{RIGHT DOUBLE QUOTATION MARK}",
        [SPANISH],
        shape(
            "UCS-2",
            92,
            2,
            67,
            2,
            "\N{LEFT DOUBLE QUOTATION MARK} (left double quotation mark), "
            "\N{RIGHT DOUBLE QUOTATION MARK} (right double quotation mark)",
        ),
        ["with plain quotation marks, dashes and spaces: segments per message 1 instead of 2"],
    ),
    "gaps and a short link": (
        "Hi {{name}}, see https://bit.ly/x",
        [SPANISH],
        # Braces are extension characters.
        shape("GSM-7", 33, 1, 160, 1),
        [
            "merge tags are filled by the vendor or stay as they are: {{name}}; "
            "the segments are counted as the text stands",
            "a link shortener: carriers filter those",
        ],
    ),
}


@pytest.mark.parametrize(("text", "to", "facts", "warnings"), CASES.values(), ids=CASES.keys())
async def test_a_preview_is_exact(
    tmp_path: Path, text: str, to: list[str], facts: dict[str, str], warnings: list[str]
) -> None:
    arguments: dict[str, Any] = {"text": text, "to": to, "sender": "ACME", "purpose": "transactional"}
    usual = ["ES: a sender's name usually has to be registered there, or messages are blocked "]
    warnings = warnings + [f"{each}(table of 2026-11-25, no legal advice)" for each in usual if SPANISH in to]
    async with connected(tmp_path, EGOI_MCP_TOOLSETS="sms") as session:
        shown = await previewed(session, "send_sms", **arguments)
        preview = shown.data["preview"]
        when = preview.pop("when")
        assert when["account"].startswith("now, ")
        countries = dict(Counter(COUNTRIES[number[:4]] for number in to))
        here = ", ".join(f"{country} {count}" for country, count in countries.items())
        assert preview == {
            "title": f"Send {len(to)} transactional SMS through E-goi",
            "account": "egoi 700001",
            "recipients": len(to),
            "to": to,
            "audience": {
                "by_country": countries,
                "excluded": [],
                "checks": [
                    {
                        "against": "suppression list",
                        "checked": 0,
                        "unchecked": len(to),
                        "why": "this is transactional",
                    }
                ],
            },
            "facts": facts,
            "personal": {},
            "message": text,
            "dropped": [],
            "warnings": warnings,
            "undo": "Messages that left cannot be called back.",
        }
        assert shown.text.splitlines() == [
            "preview: Only a preview; nothing was sent. A person would be asked first. "
            "It reaches people or costs money.",
            "",
            f"Send {len(to)} transactional SMS through E-goi",
            "Account: egoi 700001",
            f"Recipients: {len(to)}",
            f"To: {', '.join(to)}",
            f"By country: {here}",
            f"Checked against the suppression list: 0 checked, {len(to)} could not be checked "
            "(this is transactional)",
            f"When: {when['account']}; for the recipients {', '.join(when['recipients'])}",
            *(f"{label}: {fact}" for label, fact in facts.items()),
            "Text:",
            f"    | {text}",
            *(f"Warning: {warning}" for warning in warnings),
            "Messages that left cannot be called back.",
        ]


async def test_a_promotion_without_a_way_out_is_warned_about_and_one_with_it_is_not(tmp_path: Path) -> None:
    call = {"to": [BRITISH], "sender": "502", "purpose": "promotional"}
    doubtful = "1 of 1 numbers lie in no range that their country has assigned"
    usual = "GB: a promotional SMS usually has to offer a way to opt out there "
    async with connected(tmp_path, now=Clock(), EGOI_MCP_TOOLSETS="sms") as session:
        without = await previewed(session, "send_sms", **call, text="10% off")
        assert without.data["preview"]["warnings"] == [
            "no opt-out text was found, and this is promotional",
            doubtful,
            f"{usual}(table of 2025-06-01, no legal advice)",
        ]
        with_it = await previewed(session, "send_sms", **call, text="10% off." + STOP)
        assert with_it.data["preview"]["warnings"] == [doubtful]


async def test_of_many_recipients_the_first_five_are_shown_and_the_rest_is_counted(tmp_path: Path) -> None:
    to = [f"+3460000000{number}" for number in range(8)]
    call = {"to": to, "sender": "ACME", "purpose": "transactional", "text": "Hi", "priority": "urgent"}
    async with connected(tmp_path, EGOI_MCP_TOOLSETS="sms") as session:
        shown = await previewed(session, "send_sms", **call, registered=True, group="g", custom_data="7")
        assert shown.data["preview"]["to"] == to[:5]
        assert f"To: {', '.join(to[:5])} and more\n" in shown.text
        facts = shown.data["preview"]["facts"]
        assert facts["segments in total"] == "8"
        assert list(facts.items())[-4:] == [
            ("priority", "urgent"),
            ("custom data", "7"),
            ("registered message", "yes"),
            ("group", "g"),
        ]
