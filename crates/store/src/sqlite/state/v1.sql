-- Single numbers: how far the engine is, the highest block number.
CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE fact (key BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- The outbox. A block's parts are in tables of their own, so that reading or changing a small part never touches pages
-- of a large one.
CREATE TABLE block (
    id          INTEGER PRIMARY KEY,
    destination TEXT NOT NULL,
    hour        INTEGER NOT NULL,
    first       INTEGER NOT NULL,
    last        INTEGER NOT NULL,
    entries     INTEGER NOT NULL,
    finished_at INTEGER            -- NULL until every entry is settled
) STRICT;
CREATE INDEX block_by_destination ON block (destination, id) WHERE finished_at IS NULL;
CREATE INDEX block_by_end ON block (finished_at) WHERE finished_at IS NOT NULL;
-- "Which blocks touch this range" is a search by first, once it is known how wide a block is at most.
CREATE INDEX block_by_range ON block (first, last);
CREATE INDEX block_by_width ON block (last - first);
CREATE TABLE heads (id INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT;
-- These two have a row for each unfinished block.
CREATE TABLE settled (id INTEGER PRIMARY KEY, bits BLOB NOT NULL) STRICT;
CREATE TABLE payload (
    id      INTEGER PRIMARY KEY,
    codec   INTEGER NOT NULL,      -- how content is stored: 0 as it is, 1 LZ4
    size    INTEGER NOT NULL,      -- bytes of content before packing
    crc     INTEGER NOT NULL,      -- CRC-32 over content as stored and its size
    content BLOB NOT NULL
) STRICT;

CREATE TABLE ledger (
    hour          INTEGER NOT NULL,
    flow          TEXT NOT NULL,
    accepted      INTEGER NOT NULL,
    delivered     INTEGER NOT NULL,
    filtered      INTEGER NOT NULL,
    dead_lettered INTEGER NOT NULL,
    PRIMARY KEY (hour, flow)
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letter (
    id          TEXT PRIMARY KEY,
    flow        TEXT NOT NULL,
    destination TEXT NOT NULL,
    event       TEXT NOT NULL,
    person      TEXT NOT NULL,
    cause       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    payload     BLOB NOT NULL,
    attempts    TEXT NOT NULL,
    hour        INTEGER NOT NULL,
    died_at     INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    status      INTEGER NOT NULL,  -- 0 dead, 1 retried, 2 discarded
    note        TEXT NOT NULL
) STRICT;
CREATE INDEX dead_letter_by_death ON dead_letter (died_at);
CREATE INDEX dead_letter_by_status ON dead_letter (status, died_at);
CREATE INDEX dead_letter_by_flow ON dead_letter (flow, died_at);
CREATE INDEX dead_letter_by_event ON dead_letter (event, died_at);

CREATE TABLE note (
    id   INTEGER PRIMARY KEY,
    list INTEGER NOT NULL,         -- 0 seen, 1 attempts, 2 spans, 3 audit
    at   INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;
CREATE INDEX note_by_time ON note (list, at);

CREATE TABLE flow (
    name       TEXT NOT NULL,
    version    INTEGER NOT NULL,
    active     INTEGER NOT NULL,   -- 1 for the version that runs
    at         INTEGER NOT NULL,
    author     TEXT NOT NULL,
    definition TEXT NOT NULL,
    PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX flow_active ON flow (name) WHERE active = 1;
