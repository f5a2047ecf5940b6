"""What a text is taken to weigh is near what a tokenizer counts, and rather more than less."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.tokens import tokens
from egoi_mcp.tools.weight import weight

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


@given(st.text(max_size=50), st.text(max_size=50))
def test_more_text_is_never_lighter(one: str, other: str) -> None:
    assert weight(one) <= weight(one + other) + 2
