"""The tables, as migrations: one script a schema version, applied in order, never edited later."""

from __future__ import annotations

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE actions (
        id TEXT PRIMARY KEY,
        digest BLOB NOT NULL,
        connection TEXT NOT NULL,
        account TEXT NOT NULL,
        risk INTEGER NOT NULL,
        state TEXT NOT NULL,
        preview TEXT NOT NULL,
        recipients INTEGER,
        content TEXT,
        seal BLOB NOT NULL,
        proposer TEXT NOT NULL,
        owner TEXT,
        client TEXT NOT NULL,
        duplicate_of TEXT,
        created_at REAL NOT NULL,
        expires_at REAL NOT NULL,
        claimed_at REAL,
        finished_at REAL,
        note TEXT NOT NULL DEFAULT ''
    ) STRICT;
    CREATE UNIQUE INDEX one_open_action_per_digest ON actions (digest)
        WHERE state IN ('proposed', 'approved', 'executing');
    CREATE INDEX actions_by_time ON actions (created_at);
    CREATE INDEX actions_by_state ON actions (state);

    CREATE TABLE steps (
        action_id TEXT NOT NULL REFERENCES actions (id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        operation TEXT NOT NULL,
        api TEXT NOT NULL,
        method TEXT NOT NULL,
        origin TEXT NOT NULL,
        target TEXT NOT NULL,
        body BLOB NOT NULL,
        idempotent INTEGER NOT NULL,
        state TEXT NOT NULL,
        claimed_at REAL,
        finished_at REAL,
        ids TEXT NOT NULL DEFAULT '[]',
        note TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (action_id, number)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE decisions (
        action_id TEXT NOT NULL REFERENCES actions (id) ON DELETE CASCADE,
        state TEXT NOT NULL,
        channel TEXT NOT NULL,
        decided_by TEXT NOT NULL,
        decided_at REAL NOT NULL,
        proof BLOB NOT NULL
    ) STRICT;
    CREATE INDEX decisions_by_action ON decisions (action_id);

    CREATE TABLE fingerprints (
        action_id TEXT NOT NULL REFERENCES actions (id) ON DELETE CASCADE,
        mark BLOB NOT NULL,
        PRIMARY KEY (mark, action_id)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE contents (
        connection TEXT NOT NULL,
        account TEXT NOT NULL,
        campaign_hash TEXT NOT NULL,
        content TEXT NOT NULL,
        action_id TEXT NOT NULL,
        written_at REAL NOT NULL,
        PRIMARY KEY (connection, account, campaign_hash)
    ) STRICT, WITHOUT ROWID;
    """,
    """
    ALTER TABLE actions ADD COLUMN terms TEXT NOT NULL DEFAULT '{}';
    ALTER TABLE actions ADD COLUMN cost INTEGER;
    ALTER TABLE actions ADD COLUMN undoes TEXT;
    ALTER TABLE actions ADD COLUMN purged_at REAL;
    CREATE INDEX actions_by_claim ON actions (connection, claimed_at);
    CREATE INDEX actions_by_undone ON actions (undoes) WHERE undoes IS NOT NULL;
    CREATE INDEX actions_with_bodies ON actions (state) WHERE purged_at IS NULL;
    CREATE INDEX actions_emptied_and_marked ON actions (finished_at)
        WHERE purged_at IS NOT NULL AND length(digest) > 0;
    ALTER TABLE steps ADD COLUMN status INTEGER;
    CREATE INDEX fingerprints_by_action ON fingerprints (action_id);

    CREATE TABLE people (
        action_id TEXT NOT NULL REFERENCES actions (id) ON DELETE CASCADE,
        mark BLOB NOT NULL,
        PRIMARY KEY (mark, action_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX people_by_action ON people (action_id);

    CREATE TABLE texts (
        action_id TEXT NOT NULL REFERENCES actions (id) ON DELETE CASCADE,
        mark BLOB NOT NULL,
        PRIMARY KEY (mark, action_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX texts_by_action ON texts (action_id);

    CREATE TABLE tombstones (
        mark BLOB PRIMARY KEY,
        erased_at REAL NOT NULL,
        actions INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE unscrubbed (
        id INTEGER PRIMARY KEY,
        since REAL NOT NULL
    ) STRICT;
    """,
    """
    ALTER TABLE steps ADD COLUMN ticket BLOB NOT NULL DEFAULT x'';
    ALTER TABLE contents ADD COLUMN seal BLOB NOT NULL DEFAULT x'';
    """,
    """
    ALTER TABLE steps ADD COLUMN whole BLOB NOT NULL DEFAULT x'';

    CREATE TABLE bodies (
        action_id TEXT NOT NULL REFERENCES actions (id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        part INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (action_id, number, part)
    ) STRICT;
    """,
    """
    CREATE TABLE standing_rules (
        id TEXT PRIMARY KEY,
        connection TEXT NOT NULL,
        account TEXT NOT NULL,
        sender_label TEXT NOT NULL,
        rule TEXT NOT NULL,
        action_id TEXT NOT NULL,
        made_by TEXT NOT NULL,
        made_at REAL NOT NULL,
        ended_at REAL,
        ended_by TEXT,
        seal BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    """,
)
