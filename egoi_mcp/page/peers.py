"""Whose program is at the other end of a connection on this machine.

The address that opens the page stands for a moment in the list of processes, as an argument of the
browser, where other users of the machine may read it. They cannot use it: the system tells whose
connection it is. Only Linux does; elsewhere the address is not shown to other users.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_TABLE = Path("/proc/net/tcp")
_ROOT = 0


def is_other_user(
    peer: tuple[str, int] | None, server: tuple[str, int | None] | None, table: Path = _TABLE
) -> bool:
    """Whether the connection is certainly another user's, and not root's, who may do anything anyway.

    What comes from elsewhere, as through a container engine, is in no table and not judged here.
    """
    if sys.platform == "win32" or peer is None or server is None or server[1] is None:
        return False
    try:
        lines = table.read_text("ascii").splitlines()[1:]
    except (OSError, ValueError):
        return False
    ends = (_as_listed(peer[0], peer[1]), _as_listed(server[0], server[1]))
    for line in lines:
        members = line.split()
        if len(members) > 7 and (members[1], members[2]) == ends:
            return int(members[7]) not in {_ROOT, os.geteuid()}
    return False


def _as_listed(host: str, port: int) -> str:
    """An IPv4 address as that table writes it: the bytes of the number as the processor keeps them."""
    try:
        number = bytes(int(part) for part in host.split("."))
    except ValueError:
        return ""
    return f"{int.from_bytes(number, sys.byteorder):08X}:{port:04X}"
