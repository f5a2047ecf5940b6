"""The six things that a request can do."""

from __future__ import annotations

from enum import IntEnum


class Risk(IntEnum):
    """What a request does, weakest first; the order is how strictly it is treated."""

    READ = 0
    WRITE = 1
    CONSENT = 2
    DISCLOSE = 3
    SEND = 4
    DESTROY = 5
