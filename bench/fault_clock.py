"""A wall clock that the bench moves under running servers: an offset in a file that all of them map.

    python -m bench.fault_clock FILE [ARGUMENTS]    runs `egoi-mcp ARGUMENTS` by the clock of FILE

`time.time` is replaced before anything of `egoi_mcp` is imported. `datetime.now` still reads the real
clock; actions are dated, expired and compared by `time.time`. Monotonic clocks do not jump, as they do not
on a machine whose clock is set.
"""

from __future__ import annotations

import mmap
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

_OFFSET = struct.Struct("=d")
_real_time = time.time


class MovableClock:
    """Seconds since the epoch, and an offset that every process with the same file shares."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(_OFFSET.pack(0.0))
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), _OFFSET.size)

    def now(self) -> float:
        """The time that the processes see."""
        return _real_time() + self.offset

    @property
    def offset(self) -> float:
        """How many seconds the clock is ahead of the real one."""
        seconds: float = _OFFSET.unpack(self._shared)[0]
        return seconds

    def jump(self, seconds: float) -> None:
        """Set the clock forwards or back, at once and for all."""
        self._shared[:] = _OFFSET.pack(self.offset + seconds)


def move_wall_clock(clock: MovableClock) -> Callable[[], None]:
    """Make `time.time` of this process read the clock; call what is returned to have the real one again."""
    setattr(time, "time", clock.now)  # noqa: B010 - mypy takes no assignment to a function of a module

    def put_back() -> None:
        setattr(time, "time", _real_time)  # noqa: B010 - as above

    return put_back


def main() -> int:
    """Run the product's own entry point by the moved clock."""
    move_wall_clock(MovableClock(Path(sys.argv[1])))
    # Only now: what is imported may bind `time.time` as it finds it.
    from egoi_mcp.__main__ import main as egoi_mcp

    sys.argv = ["egoi-mcp", *sys.argv[2:]]
    return egoi_mcp()


if __name__ == "__main__":
    sys.exit(main())
