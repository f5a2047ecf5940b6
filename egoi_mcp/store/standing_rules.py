"""Standing rules that a person made with a decision: kept, sealed, ended; nothing else is remembered of one.

A rule holds on the connection and the account on which it was made. Its seal is made with the state key over
all that it says, so a row that was edited or planted is no rule; ending one takes the seal away for good.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace

from pydantic import ValidationError

from egoi_mcp.errors import NotAllowed
from egoi_mcp.guard.digest import StateKey
from egoi_mcp.guard.people import people_in
from egoi_mcp.policy.settings import StandingRule
from egoi_mcp.store import claims, rows
from egoi_mcp.store.database import Database
from egoi_mcp.store.protocol import KeptRule

_logger = logging.getLogger(__name__)
_DAY = 86_400.0
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_IN_FORCE = "SELECT * FROM standing_rules WHERE ended_at IS NULL ORDER BY made_at, id"
PREFIX = "standing:"
"""What stands before a rule's name where a decision says who approved."""


class StandingRules:
    """The rules of a state directory."""

    def __init__(self, file: Database, key: StateKey, clock: Callable[[], float]) -> None:
        self._file = file
        self._key = key
        self._clock = clock
        self._read: dict[bytes, KeptRule] = {}
        self._told: set[str] = set()

    async def in_force(self, connection: str = "", account: str = "") -> tuple[KeptRule, ...]:
        """The rules in force, oldest first; those of a connection and account, where they are named.

        Raises:
            StateUnavailable: they cannot be read.
        """
        seen = self._file.glance(self._held)
        held = seen if seen is not None else await self._file.run(lambda: self._held(self._file.connection()))
        return tuple(
            each
            for each in held
            if not connection or (each.connection, each.account) == (connection, account)
        )

    async def counted(self) -> tuple[KeptRule, ...]:
        """The rules in force, and how often each was used in the last 24 hours."""
        return await self._file.run(self._counted)

    async def used(self, names: Sequence[str]) -> dict[str, int]:
        """How often each of these rules was used in the last 24 hours."""
        return await self._file.run(self._used, names)

    async def keep(
        self,
        rule: StandingRule,
        *,
        connection: str,
        account: str,
        sender_label: str,
        action_id: str,
        made_by: str,
    ) -> KeptRule:
        """Keep a rule, under an id that becomes its name.

        Raises:
            StateUnavailable: it cannot be written, so there is no rule.
        """
        name = "rule_" + "".join(secrets.choice(_ALPHABET) for _ in range(8))
        kept = KeptRule(
            rule=rule.model_copy(update={"name": name}),
            connection=connection,
            account=account,
            sender_label=sender_label,
            action_id=action_id,
            made_by=made_by,
            made_at=self._clock(),
        )
        await self._file.run(self._keep, kept)
        return kept

    async def end(self, rule_id: str, *, by: str) -> None:
        """End a rule for good, in every process at once.

        Raises:
            NotAllowed: there is no such rule, or it has ended.
        """
        await self._file.run(self._end, rule_id, by)

    def _held(self, db: sqlite3.Connection) -> list[KeptRule]:
        return [kept for row in db.execute(_IN_FORCE).fetchall() if (kept := self._rule_of(row)) is not None]

    def _rule_of(self, row: sqlite3.Row) -> KeptRule | None:
        """The rule that a row holds; None where this server did not write it so."""
        values = tuple(row[name] for name in _SEALED)
        seal = row["seal"]
        if not isinstance(seal, bytes) or not hmac.compare_digest(seal, self._seal(values)):
            self._tell(str(row["id"]))
            return None
        if seal not in self._read:
            try:
                rule = StandingRule.model_validate_json(row["rule"])
            except ValidationError:
                self._tell(str(row["id"]))
                return None
            self._read[seal] = KeptRule(
                rule=rule,
                connection=row["connection"],
                account=row["account"],
                sender_label=row["sender_label"],
                action_id=row["action_id"],
                made_by=row["made_by"],
                made_at=row["made_at"],
            )
        return self._read[seal]

    def _tell(self, rule_id: str) -> None:
        if rule_id not in self._told:
            self._told.add(rule_id)
            _logger.warning("a standing rule in the state file was changed or planted, and is no rule")

    def _counted(self) -> tuple[KeptRule, ...]:
        db = self._file.connection()
        held = self._held(db)
        used = self._used([each.rule.name for each in held])
        return tuple(replace(each, used=used[each.rule.name]) for each in held)

    def _used(self, names: Sequence[str]) -> dict[str, int]:
        db, since = self._file.connection(), self._clock() - _DAY
        return {name: claims.by_rule_since(db, PREFIX + name, since) for name in names}

    def _keep(self, kept: KeptRule) -> None:
        values: dict[str, str | float] = {
            "id": kept.rule.name,
            "connection": kept.connection,
            "account": kept.account,
            "sender_label": kept.sender_label,
            "rule": kept.rule.model_dump_json(),
            "action_id": kept.action_id,
            "made_by": kept.made_by,
            "made_at": kept.made_at,
        }
        seal = self._seal(tuple(values[name] for name in _SEALED))
        with self._file.transaction() as db:
            db.execute(
                f"INSERT INTO standing_rules ({', '.join(_SEALED)}, seal) "  # noqa: S608 - constants
                f"VALUES ({', '.join('?' * len(_SEALED))}, ?)",
                (*(values[name] for name in _SEALED), seal),
            )

    def _end(self, rule_id: str, by: str) -> None:
        with self._file.transaction() as db:
            ended = db.execute(
                "UPDATE standing_rules SET ended_at = ?, ended_by = ?, seal = x'' "
                "WHERE id = ? AND ended_at IS NULL",
                (self._clock(), by, rule_id),
            ).rowcount
            if not ended:
                raise NotAllowed(
                    f"There is no standing rule {rule_id[:40]!r} that could be ended. Nothing was changed. "
                    "See: egoi-mcp rules list"
                )

    def _seal(self, values: Sequence[object]) -> bytes:
        members = (each.hex() if isinstance(each, float) else str(each) for each in values)
        return self._key.mac("standing rule", *(each.encode("utf-8", "surrogatepass") for each in members))


_SEALED = ("id", "connection", "account", "sender_label", "rule", "action_id", "made_by", "made_at")


def forget(db: sqlite3.Connection, keys: set[str]) -> int:
    """Remove every rule whose text names one of these people, within a transaction; how many."""
    found = db.execute("SELECT id, rule FROM standing_rules").fetchall()
    naming = [row["id"] for row in found if not keys.isdisjoint(people_in((), rows.plain(row["rule"])))]
    db.executemany("DELETE FROM standing_rules WHERE id = ?", [(each,) for each in naming])
    return len(naming)


def forget_ended(db: sqlite3.Connection, before: float) -> int:
    """Remove the rules that ended before a time, within a transaction; how many."""
    return db.execute("DELETE FROM standing_rules WHERE ended_at < ?", (before,)).rowcount
