"""What a text is taken to weigh is near what a tokenizer counts, and rather more than less."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.tokens import tokens
from egoi_mcp.weight import weight

DIGESTS = [hashlib.sha256(str(number).encode()).digest() for number in range(60)]
ROWS = [
    {
        "contact_id": digest.hex()[:10],
        "name": "Inês Exemplo",
        "email": f"ines.{number:03d}@example.com",
        "phone": f"+351900000{number:03d}",
        "status": "active",
        "tags": ["2", "4"],
        "created_at": "2026-04-24",
    }
    for number, digest in enumerate(DIGESTS)
]
TEXTS = {
    "rows": json.dumps(ROWS, separators=(",", ":"), ensure_ascii=False),
    "a table": "\n".join(" | ".join(map(str, row.values())) for row in ROWS),
    "English": "The new wines from the Douro are in the shop: taste them on Friday between five and eight. "
    * 9,
    "Portuguese": "Só até sexta-feira: 10% de desconto em todos os vinhos. Responda SAIR para cancelar. " * 9,
}
CHANCE = random.Random(1)


def strings(alphabet: str, length: int) -> str:
    """JSON with a few thousand characters in strings of this length."""
    texts = ["".join(CHANCE.choices(alphabet, k=length)) for _ in range(1 + 4_000 // length)]
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":"))


def script(first: int, last: int) -> str:
    return "".join(map(chr, range(first, last)))


BASE62 = string.ascii_letters + string.digits
UNWRITTEN = {
    f"{name}, {length}": strings(alphabet, length)
    for length in (8, 20, 300)
    for name, alphabet in {
        "lower case": string.ascii_lowercase,
        "upper case": string.ascii_uppercase,
        "no vowels": "bcdfghjklmnpqrstvwxz",
        "base62": BASE62,
        "base64": BASE62 + "+/",
        "codes": string.ascii_uppercase + string.digits,
        "punctuation": string.punctuation,
        "everything of ASCII": string.printable,
        "Latin Extended": script(0x180, 0x250),
        "combining marks": script(0x300, 0x370),
        "extended Cyrillic": script(0x460, 0x530),
        "Hebrew points": script(0x591, 0x5BD),
        "Syriac": script(0x710, 0x750),
        "N'Ko": script(0x7C0, 0x800),
        "Hangul": script(0xAC00, 0xD7A3),
        "Chinese": script(0x4E00, 0x9FA5),
    }.items()
}
HTML = (
    '<td style="padding:12px 24px"><strong>Hello {{first_name}}</strong>, our <a href="https://shop.example.com/'
    'spring?utm_source=newsletter&amp;utm_medium=email">spring wines</a> are here.<br></td></tr>\n'
)
WRITTEN = {
    "HTML": HTML * 20,
    "HTML in JSON": json.dumps({"html": HTML * 20}),
    "Spanish": "Tu pedido ha salido del almacén y llegará mañana por la tarde. Si no deseas recibir más "
    "correos electrónicos, haz clic en el enlace para darte de baja. " * 9,
    "campaigns": json.dumps(
        [
            {
                "internal_name": f"Newsletter {number}",
                "campaign_hash": digest.hex()[:12],
                "subject": "The new wines are here",
                "sender": {"sender_id": 201, "name": "Winery"},
                "created_at": "2026-04-24 09:30:00",
                "opens": number * 17,
            }
            for number, digest in enumerate(DIGESTS)
        ],
        separators=(",", ":"),
    ),
}
COSTLY = {
    "hexadecimal": " ".join(digest.hex() for digest in DIGESTS),
    "base64": " ".join(base64.b64encode(digest).decode() for digest in DIGESTS),
    "Chinese": "\N{CJK UNIFIED IDEOGRAPH-4E2D}" * 2_000,
    "emoji": "".join(map(chr, range(0x1F300, 0x1F600))),
    "written out": r"\\U000e0041" * 400,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_ordinary_texts_weigh_what_they_cost(text: str) -> None:
    assert 0.9 <= weight(text) / tokens(text) <= 1.25


@pytest.mark.parametrize("text", COSTLY.values(), ids=COSTLY.keys())
def test_costly_texts_are_not_taken_for_cheap(text: str) -> None:
    assert weight(text) >= 0.85 * tokens(text)


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN.keys())
def test_what_people_and_vendors_write_is_not_taken_for_much_more(text: str) -> None:
    assert 0.9 <= weight(text) / tokens(text) <= 1.3


@pytest.mark.parametrize("text", UNWRITTEN.values(), ids=UNWRITTEN.keys())
def test_what_nobody_writes_is_not_taken_for_words(text: str) -> None:
    assert weight(text) >= 0.88 * tokens(text)


@pytest.mark.parametrize(
    "sign", [*string.punctuation, *"st\N{CJK UNIFIED IDEOGRAPH-7634}\N{HANGUL SYLLABLE BYEBS}é"]
)
def test_one_sign_without_end_is_no_word(sign: str) -> None:
    text = json.dumps([sign * 300] * 10, ensure_ascii=False)
    assert weight(text) >= 0.88 * tokens(text)


def test_common_chinese_is_not_taken_for_rare() -> None:
    text = "感谢您订阅我们的电子邮件通讯。您的订单已经发货，预计三天内送达。"
    assert weight(text) <= 1.7 * tokens(text)


@given(st.text(max_size=50), st.text(max_size=50))
def test_more_text_is_not_lighter(one: str, other: str) -> None:
    assert weight(one) <= weight(one + other) + 2
