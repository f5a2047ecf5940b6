"""Keeping a state directory its owner's: it holds recipients, texts, and the key of the approvals."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from egoi_mcp.errors import StateUnavailable

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OURS = (
    "key",
    "actions.sqlite3*",
    "budget-*",
    "pins.json*",
    "owners",
    "owners/*.lock",
    "pages",
    "pages/*.json",
    "answers",
    "answers/*",
)
"""What this package keeps in a state directory. Other files there are not its own, and are left alone."""


def make_private(state_dir: Path) -> str:
    """Take from other users what they may do with the directory and with the files of ours in it.

    Gives what is to be said of it; nothing where all was private. On Windows nothing is looked at.

    Raises:
        StateUnavailable: the directory, or a file of ours in it, is another user's.
        OSError: it cannot be looked at, or its mode not be changed.
    """
    if sys.platform == "win32":
        return ""
    # The directory may be a link to another disk; links in its files' places are not followed.
    opened = [state_dir] if _tighten(state_dir.resolve()) else []
    opened += [path for pattern in _OURS for path in sorted(state_dir.glob(pattern)) if _tighten(path)]
    if not opened:
        return ""
    return (
        f"Other users of this machine could use {', '.join(path.name for path in opened[:5])} of the state "
        f"directory {state_dir}; now they cannot. If you do not trust them, move it away and start with a "
        "new one: they may have read the key of the approvals."
    )


if sys.platform != "win32":

    def _tighten(path: Path) -> bool:
        """Whether others could use it until now; what vanishes meanwhile, and a link, is nothing to them."""
        try:
            found = path.lstat()
        except FileNotFoundError:
            return False
        if found.st_uid != os.geteuid():
            raise StateUnavailable(
                f"{path} belongs to another user of this machine, so it is not used. Nothing was sent. "
                "Set EGOI_MCP_STATE_DIR to a folder of this user's own."
            )
        if stat.S_ISLNK(found.st_mode) or not found.st_mode & _OTHERS:
            return False
        path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
        return True
