"""Moments as a person writes them: a date and time, or how long ago."""

from __future__ import annotations

import re
from datetime import datetime

_BACK = re.compile(r"([0-9]{1,6})([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
FORMS = "a date and time such as 2030-01-31 or 2030-01-31T18:00+00:00, or a span back such as 30m, 2h, 7d, 4w"


def moment(text: str, now: float) -> float:
    """A moment in seconds since the epoch; without an offset it is in this machine's zone.

    Raises:
        ValueError: it is none of the forms.
    """
    if back := _BACK.fullmatch(text.strip()):
        return now - int(back[1]) * _SECONDS[back[2]]
    try:
        return datetime.fromisoformat(text.strip()).timestamp()
    except (OverflowError, OSError) as error:
        raise ValueError("this machine's calendar does not have it") from error
