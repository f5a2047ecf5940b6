"""The content of the campaigns that this server wrote, as statements inside a transaction.

It is forgotten in the moment a change of the campaign is claimed, and kept again when that change is
known to have succeeded: what may have been changed unseen is not shown.
"""

from __future__ import annotations

import hmac
import re
import sqlite3
from dataclasses import replace

from egoi_mcp.api.catalog import FrozenRequest
from egoi_mcp.errors import RowDamaged
from egoi_mcp.guard.action import Action, Content
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.store import proofs, rows

_WHICH = "connection = ? AND account = ? AND campaign_hash = ?"
_CAMPAIGN = re.compile(r"/campaigns/(?:[a-z-]+/)*(?P<hash>[A-Za-z0-9_-]+)")
_CHANGING = frozenset({"PATCH", "PUT", "DELETE"})


def find(
    db: sqlite3.Connection, key: StateKey, connection: str, account: str, campaign_hash: str
) -> Content | None:
    """The content of a campaign, where this server wrote it and the row is as it was kept."""
    row = db.execute(
        f"SELECT content, seal FROM contents WHERE {_WHICH}",  # noqa: S608 - a constant
        (connection, account, campaign_hash),
    ).fetchone()
    if row is None or not isinstance(row["content"], str) or not isinstance(row["seal"], bytes):
        return None
    seal = key.content(connection, account, campaign_hash, row["content"])
    return rows.load_content(row["content"]) if hmac.compare_digest(row["seal"], seal) else None


def keep(db: sqlite3.Connection, key: StateKey, action_id: str, campaign_hash: str, now: float) -> None:
    """Keep an action's content as that of the campaign that it made or changed, if it has one.

    What a changed row says of it is not kept.
    """
    if (
        db.execute("SELECT 1 FROM actions WHERE id = ? AND content IS NOT NULL", (action_id,)).fetchone()
        is None
    ):
        return
    try:
        action = rows.read(db, action_id)
    except RowDamaged:
        return
    content = rows.dump_content(action.content)
    if content is None or proofs.not_as_proposed(key, action) is not None:
        return
    db.execute(
        """INSERT OR REPLACE INTO contents
           (connection, account, campaign_hash, content, action_id, written_at, seal)
           VALUES (?, ?, ?, ?, ?, ?, ?)""",
        (
            action.connection,
            action.account,
            campaign_hash,
            content,
            action_id,
            now,
            key.content(action.connection, action.account, campaign_hash, content),
        ),
    )


def keep_stamp(
    db: sqlite3.Connection,
    key: StateKey,
    connection: str,
    account: str,
    campaign_hash: str,
    updated: str,
) -> None:
    """Note the vendor's stamp of the campaign as this server left it."""
    content = find(db, key, connection, account, campaign_hash)
    if content is None:
        return
    stamped = rows.dump_content(replace(content, updated=updated)) or ""
    seal = key.content(connection, account, campaign_hash, stamped)
    db.execute(
        f"UPDATE contents SET content = ?, seal = ? WHERE {_WHICH}",  # noqa: S608 - a constant
        (stamped, seal, connection, account, campaign_hash),
    )


def forget_changed(db: sqlite3.Connection, action: Action, frozen: FrozenRequest) -> None:
    """Forget the content of the campaign that a claimed request changes, whichever tool made it."""
    found = _CAMPAIGN.fullmatch(frozen.target.partition("?")[0])
    if frozen.api == "egoi" and frozen.method in _CHANGING and found is not None:
        db.execute(
            f"DELETE FROM contents WHERE {_WHICH}",  # noqa: S608 - a constant
            (action.connection, action.account, found["hash"]),
        )
