"""How many parts an SMS takes, by the sandbox's own count."""

from __future__ import annotations

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = "\f^{}\\[~]|€"


def is_gsm(text: str) -> bool:
    """Whether GSM 03.38 can write the text."""
    return all(character in _BASIC or character in _EXTENSION for character in text)


def parts(text: str) -> int:
    """Parts of the text in GSM 03.38 where that can write it, else in UCS-2; at least 1."""
    if is_gsm(text):
        units = sum(2 if character in _EXTENSION else 1 for character in text)
        return 1 if units <= 160 else -(-units // 153)
    units = len(text.encode("utf-16-be")) // 2
    return 1 if units <= 70 else -(-units // 67)
