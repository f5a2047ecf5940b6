"""What is looked for in texts from outside is found in one pass, however long their words are."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from egoi_mcp.api.replies import quotable
from egoi_mcp.guard.masking import Mask
from egoi_mcp.guard.people import addresses_in, numbers_in
from egoi_mcp.guard.reading import links_in
from egoi_mcp.plain_text import clean
from egoi_mcp.policy.templates import links_of
from egoi_mcp.weight import weight

LOOKS: dict[str, Callable[[str], object]] = {
    "addresses": lambda text: list(addresses_in(text)),
    "numbers": lambda text: list(numbers_in(text)),
    "masked": lambda text: Mask(()).body({"text": text}, "/contacts"),
    "links of a text": links_in,
    "links of a rule": links_of,
    "a vendor's words": quotable,
    "clean": clean,
    "weight": weight,
}
LENGTH = 100_000


@pytest.mark.parametrize(
    "piece", ["x", "1", "é", ".", "a.", "1-", "a@", "x%", "http://", "/", "\n", "<", "=", "+"]
)
@pytest.mark.parametrize("look", LOOKS)
def test_a_long_word_is_read_once(look: str, piece: str) -> None:
    text = piece * (LENGTH // len(piece)) + "!"
    begun = time.process_time()
    LOOKS[look](text)
    # From every letter anew 100,000 of them take more than half a minute.
    assert time.process_time() - begun < 3
