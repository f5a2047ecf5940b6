"""The content of the campaigns that this server wrote, as statements inside a transaction.

It is forgotten in the moment a change of the campaign is claimed, and kept again when that change is
known to have succeeded: what may have been changed unseen is not shown.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.guard.action import Action, Content
from egoi_mcp.store import rows

_WHICH = "connection = ? AND account = ? AND campaign_hash = ?"
_CAMPAIGN = re.compile(r"/campaigns/(?:[a-z-]+/)*(?P<hash>[A-Za-z0-9_-]+)")
_CHANGING = frozenset({"PATCH", "PUT", "DELETE"})


def find(db: sqlite3.Connection, connection: str, account: str, campaign_hash: str) -> Content | None:
    """The content of a campaign, where this server wrote it."""
    row = db.execute(
        f"SELECT content FROM contents WHERE {_WHICH}",  # noqa: S608 - a constant
        (connection, account, campaign_hash),
    ).fetchone()
    return None if row is None else rows.load_content(row["content"])


def keep(db: sqlite3.Connection, action_id: str, campaign_hash: str, now: float) -> None:
    """Keep an action's content as that of the campaign that it made or changed, if it has one."""
    db.execute(
        """INSERT OR REPLACE INTO contents SELECT connection, account, ?, content, id, ?
           FROM actions WHERE id = ? AND content IS NOT NULL""",
        (campaign_hash, now, action_id),
    )


def keep_stamp(
    db: sqlite3.Connection, connection: str, account: str, campaign_hash: str, updated: str
) -> None:
    """Note the vendor's stamp of the campaign as this server left it."""
    content = find(db, connection, account, campaign_hash)
    if content is not None:
        db.execute(
            f"UPDATE contents SET content = ? WHERE {_WHICH}",  # noqa: S608 - a constant
            (rows.dump_content(replace(content, updated=updated)), connection, account, campaign_hash),
        )


def forget_changed(db: sqlite3.Connection, action: Action, frozen: FrozenRequest) -> None:
    """Forget the content of the campaign that a claimed request changes, whichever tool made it."""
    found = _CAMPAIGN.fullmatch(frozen.target.partition("?")[0])
    if frozen.api == "egoi" and frozen.method in _CHANGING and found is not None:
        db.execute(
            f"DELETE FROM contents WHERE {_WHICH}",  # noqa: S608 - a constant
            (action.connection, action.account, found["hash"]),
        )
