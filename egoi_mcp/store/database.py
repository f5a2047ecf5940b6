"""One SQLite file on one thread: opened with the right modes, migrated, its errors told as one of ours.

Write-ahead log with `synchronous=FULL`: when a transaction has ended, its rows are on the disk.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread

from egoi_mcp.errors import StateUnavailable
from egoi_mcp.store.schema import MIGRATIONS

_BUSY_SECONDS = 5.0
_RETRY_SECONDS = 0.01
_FILE = "actions.sqlite3"
_logger = logging.getLogger(__name__)
_P = ParamSpec("_P")
_T = TypeVar("_T")


class Database:
    """The file of a state directory; `run` is the way to it from an event loop."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / _FILE
        self._thread = anyio.CapacityLimiter(1)
        self._db: sqlite3.Connection | None = None
        self._glass: sqlite3.Connection | None = None

    def glance(self, read: Callable[[sqlite3.Connection], _T]) -> _T | None:
        """Read on the caller's own thread, which is tens of times faster than the way to the store's.

        A reader of a write-ahead log waits for nobody. None where the file was not opened yet, or could
        not be read like this: `run` then tells what is wrong. Always from one thread, that of the loop.
        """
        if self._db is None:
            return None
        try:
            if self._glass is None:
                glass = sqlite3.connect(self._path, timeout=0, isolation_level=None)
                glass.row_factory = sqlite3.Row
                glass.text_factory = _text
                glass.execute("PRAGMA query_only = ON")
                self._glass = glass
            return read(self._glass)
        except sqlite3.Error:
            return None

    def close_glass(self) -> None:
        """Let go of the connection that glances; from the thread that used it."""
        if self._glass is not None:
            self._glass.close()
            self._glass = None

    async def run(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run a call on the store's thread.

        Raises:
            StateUnavailable: the file could not be read or written.
        """

        def guarded() -> _T:
            try:
                return call(*args, **kwargs)
            except sqlite3.Error as error:
                raise StateUnavailable(
                    f"The state directory could not be used ({error}), so nothing was sent. "
                    "Check that the disk has room and that the folder is writable, then try again."
                ) from error

        # Not abandoned on cancellation: a transaction under way ends, one way or the other.
        return await anyio.to_thread.run_sync(guarded, limiter=self._thread)

    def connection(self) -> sqlite3.Connection:
        """The connection, opened and migrated on first use; for the store's thread."""
        if self._db is None:
            try:
                # Made here with the right mode: SQLite would follow the umask, and its log follows the file.
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            except OSError as error:
                raise StateUnavailable(
                    f"The state file cannot be written ({error.strerror}), so nothing was sent. "
                    "Check the folder's permissions, or set EGOI_MCP_STATE_DIR to another one."
                ) from error
            db = sqlite3.connect(
                self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                db.row_factory = sqlite3.Row
                # A damaged text is one damaged row's matter; the library's own reading fails every query.
                db.text_factory = _text
                _write_ahead(db)
                db.execute("PRAGMA synchronous = FULL")
                db.execute("PRAGMA foreign_keys = ON")
                db.execute("PRAGMA secure_delete = ON")
                db.execute("PRAGMA temp_store = MEMORY")
                _migrate(db)
            except BaseException:
                # Left open, it would hold the lock of the migration that it did not finish.
                db.close()
                raise
            self._db = db
        return self._db

    @contextmanager
    def transaction(self) -> Generator[sqlite3.Connection]:
        """One transaction that holds the write lock from its start; for the store's thread."""
        db = self.connection()
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            # A commit that failed for want of room has sometimes been rolled back already.
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def scrub(self) -> bool:
        """Make sure that what was deleted can be read in no byte of the file and its log.

        Overwriting what is deleted is not enough: when pages are rearranged, copies stay behind in them. So
        the file is written anew where anything was marked as `unscrubbed`, and its log cut to nothing. False
        where it could not be done now, because others use the file or the disk is full; for the store's
        thread, outside a transaction.
        """
        db = self.connection()
        (last,) = db.execute("SELECT max(id) FROM unscrubbed").fetchone()
        if last is None:
            return True
        try:
            db.execute("VACUUM")
            busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError as error:
            _logger.warning("deleted rows could not be scrubbed yet (%s)", error)
            return False
        if not busy:
            db.execute("DELETE FROM unscrubbed WHERE id <= ?", (last,))
        return not busy

    def close(self) -> None:
        """Let go of the file; for the store's thread."""
        if self._db is not None:
            self._db.close()
            self._db = None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _write_ahead(db: sqlite3.Connection) -> None:
    """Turn the write-ahead log on; of servers that start at once only one can, and SQLite lets none wait."""
    give_up = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() >= give_up:
                raise
            threading.Event().wait(_RETRY_SECONDS)
        else:
            return


def _migrate(db: sqlite3.Connection) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise StateUnavailable(
            "The state directory was written by a newer version of egoi-mcp, so nothing was sent. "
            "Update egoi-mcp, or set EGOI_MCP_STATE_DIR to another folder."
        )
    if version == len(MIGRATIONS):
        return
    db.execute("BEGIN IMMEDIATE")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    for script in MIGRATIONS[version:]:
        for statement in script.split(";"):
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    db.execute("COMMIT")
