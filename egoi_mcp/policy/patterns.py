"""Numbers, addresses and hosts as the policy's lists name them, one by one or as a family.

A family is `+351*` (numbers that begin so), `@example.com` (addresses at exactly that domain) or
`*.example.com` (hosts below that one). Any two of them are apart, or one lies within the other; so what
two lists have in common can be written as a list again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_NUMBER = re.compile(r"\+[1-9][0-9]{5,14}")
_NUMBERS = re.compile(r"\+[0-9]{0,14}\*")
_ADDRESS = re.compile(r"[^@\s*]*@[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_HOST = re.compile(r"(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_BETWEEN_DIGITS = str.maketrans("", "", " .-()")


def recipient(text: str) -> str | None:
    """A number in E.164, an e-mail address, or a family of either, in its one form; None where it is none."""
    if "@" in text:
        local, _, domain = text.strip().rpartition("@")
        address = f"{local.casefold()}@{host(domain) or ''}"
        return address if _ADDRESS.fullmatch(address) else None
    number = text.translate(_BETWEEN_DIGITS)
    return number if _NUMBER.fullmatch(number) or _NUMBERS.fullmatch(number) else None


def host(text: str) -> str | None:
    """A host's name, or `*.` and the one above it, in the form that the wire has; None where it is none."""
    name = text.strip().rstrip(".").lower()
    try:
        name = name.encode("idna").decode("ascii") if not name.isascii() else name
    except UnicodeError:
        return None
    return name if _HOST.fullmatch(name) else None


def is_family(pattern: str) -> bool:
    """Whether a pattern stands for more than one number, address or host."""
    return "*" in pattern or pattern.startswith("@")


def within(narrow: str, wide: str) -> bool:
    """Whether all that `narrow` names (a single one, or a family) is named by `wide` too."""
    if narrow == wide:
        return True
    if wide.startswith("+"):
        # An address may begin like a number; it is none.
        return wide.endswith("*") and "@" not in narrow and narrow.startswith(wide[:-1])
    if wide.startswith("@"):
        return narrow.endswith(wide)
    return wide.startswith("*.") and narrow.endswith(wide[1:])


def named(value: str, patterns: Iterable[str]) -> bool:
    """Whether a list names this number, address or host."""
    return any(within(value, pattern) for pattern in patterns)


def common(one: Iterable[str], other: Iterable[str]) -> frozenset[str]:
    """What both lists name, as a list."""
    ones, others = frozenset(one), frozenset(other)
    return frozenset(
        {each for each in ones if named(each, others)} | {each for each in others if named(each, ones)}
    )
