"""Scripted faults: what goes wrong, on which request, how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

FaultKind = Literal[
    "429",
    "500_before",
    "500_after",
    "503_before",
    "408_after",
    "slow",
    "refused",
    "reset_before",
    "reset_after",
    "unreadable",
    "timeout_before",
    "timeout_after",
]
FAULT_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
BEFORE: frozenset[FaultKind] = frozenset(
    {"429", "500_before", "503_before", "refused", "reset_before", "timeout_before"}
)
"""The kinds that keep the request from taking effect."""

Drop = Literal["refused", "reset", "hang"]


class Dropped(Exception):
    """The sandbox gives no reply: the connection was never made, was reset, or stays silent.

    Raised through the ASGI interface to the in-process transport; over sockets the server acts it out.
    """

    def __init__(self, how: Drop) -> None:
        super().__init__(how)
        self.how: Drop = how


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One scripted fault.

    `match`: an operation's name (`actionSendSms`), `METHOD /path-prefix`, `/path-prefix`, or `*` for any
    request. `times`: how many matching requests it hits. `delay_seconds`: how long before the answer, for
    every kind; "slow" is a delay and nothing else, and one beyond the vendor's time-out ends in its 408.
    `retry_after_seconds`: what a scripted 429 asks for.

    Kinds: "…_before" without effect, "…_after" with it. "refused": no connection (in process only; over
    sockets it is a reset before the effect). "unreadable": effect, then a 2xx with a broken body.
    "timeout_before" and "timeout_after": silence until the caller gives up.
    """

    kind: FaultKind
    match: str = "*"
    times: int = 1
    delay_seconds: float = 0.0
    retry_after_seconds: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in FAULT_KINDS:
            raise ValueError(f"unknown fault kind {self.kind!r}; there are {', '.join(FAULT_KINDS)}")
        if self.times < 1 or self.delay_seconds < 0:
            raise ValueError("a fault hits at least once, and no delay is negative")

    def matches(self, method: str, path: str, operation: str | None) -> bool:
        """Whether the fault is meant for this request."""
        if self.match in {"*", operation}:
            return True
        wanted_method, space, prefix = self.match.partition(" ")
        if not space:
            return self.match.startswith("/") and path.startswith(self.match)
        return wanted_method == method and path.startswith(prefix)


class FaultPlan:
    """The faults to come, consumed in the order in which they were added."""

    def __init__(self) -> None:
        self._pending: list[tuple[Fault, int]] = []

    def add(self, fault: Fault) -> None:
        """Script a fault after those already there."""
        self._pending.append((fault, fault.times))

    def take(self, method: str, path: str, operation: str | None) -> Fault | None:
        """The first fault meant for this request, which is used up once more."""
        for index, (fault, left) in enumerate(self._pending):
            if fault.matches(method, path, operation):
                if left == 1:
                    del self._pending[index]
                else:
                    self._pending[index] = (fault, left - 1)
                return fault
        return None

    @property
    def pending(self) -> int:
        """How many requests the scripted faults can still hit."""
        return sum(left for _, left in self._pending)

    def clear(self) -> None:
        """Forget the faults that have not happened."""
        self._pending.clear()
