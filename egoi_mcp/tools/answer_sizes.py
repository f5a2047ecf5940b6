"""How much of an answer of `call_operation` fits, in both of its forms: a host shows a model one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.models.called import Called, compact
from egoi_mcp.models.result import visible, visible_throughout
from egoi_mcp.weight import cost

MOST_TOKENS = 6_400
"""What a whole answer weighs at most: 8,000 tokens with room for an error of the estimate."""
# Nothing this long weighs so little, once its texts are cut.
_LONGEST = 150_000


def fits(answer: Called) -> bool:
    """Whether a finished answer is small enough, its text as well as its data."""
    return _size(answer) <= MOST_TOKENS


def may_fit(value: JsonValue) -> bool:
    """Whether a value is short enough for an answer with it to be made and weighed."""
    return len(compact(value)) <= _LONGEST


def most_that_fit(rows: Sequence[JsonValue], answer: Callable[[int], Called]) -> int:
    """How many of the first rows fit, given the answer that holds so many of them."""
    most, left = 0, MOST_TOKENS
    while most < len(rows) and (left := left - _weight_of(rows[most])) >= 0:
        most += 1
    if most == 0 or (size := _size(answer(most))) <= MOST_TOKENS:
        return most
    # The text of a few kilobytes of JSON can be several times that. Rows are mostly alike: try what would fit
    # if they were, and halve what is left every other time.
    fewest, alike = 0, True
    while most - fewest > 1:
        guess = most * MOST_TOKENS // size if alike and fewest == 0 else (fewest + most) // 2
        tried = min(max(guess, fewest + 1), most - 1)
        alike = not alike
        if (weighed := _size(answer(tried))) <= MOST_TOKENS:
            fewest = tried
        else:
            most, size = tried, weighed
    return fewest


def _size(answer: Called) -> int:
    data = visible_throughout(answer.model_dump(mode="json", exclude_none=True))
    return max(map(cost, (compact(data), visible(answer.as_text()))))


def _weight_of(value: JsonValue) -> int:
    written = compact(visible_throughout(value))
    return len(written) if len(written) > _LONGEST else cost(written)
