"""Which server process owns an action, and whether it still lives.

An owner holds a lock on a file of its own for its lifetime. The operating system lets go of it the
moment the process dies, whatever killed it, and never while the process is only paused; a lease
would misjudge both.
"""

from __future__ import annotations

import os
import secrets
import sys
from functools import cache
from pathlib import Path

from filelock import FileLock, Timeout

from egoi_mcp.errors import StateUnavailable

if sys.platform != "win32":
    import pwd


class Owner:
    """This process's identity in a state directory, proven by the lock that it holds."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / "owners"
        self.id = secrets.token_hex(8)
        self._lock = FileLock(self._file(self.id), mode=0o600)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except OSError as error:
            raise StateUnavailable(
                f"The state directory cannot be used ({error.strerror or type(error).__name__}). "
                "Nothing was sent. Set EGOI_MCP_STATE_DIR to a folder that this user can write."
            ) from error

    def alive(self, owner: str) -> bool:
        """Whether the process that took this identity still runs.

        An identity whose file is gone was let go in good order, so it does not.
        """
        if owner == self.id:
            return True
        if len(owner) != len(self.id) or not owner.isalnum() or not self._file(owner).exists():
            return False
        probe = FileLock(self._file(owner), mode=0o600)
        try:
            probe.acquire(timeout=0)
        except Timeout:
            return True
        except OSError:
            # No word is no proof of death: leave it for somebody who can tell.
            return True
        probe.release()
        self._file(owner).unlink(missing_ok=True)
        return False

    def release(self) -> None:
        """Let go, at the end of the process."""
        self._lock.release()
        self._file(self.id).unlink(missing_ok=True)

    def _file(self, owner: str) -> Path:
        return self._folder / f"{owner}.lock"


@cache
def os_user() -> str:
    """The operating system's name of the user, for the record; no environment variable can change it."""
    if sys.platform == "win32":
        return os.getlogin()
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
