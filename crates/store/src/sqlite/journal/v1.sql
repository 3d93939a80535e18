-- A run of records that were appended together.
CREATE TABLE block (
    first   INTEGER PRIMARY KEY, -- position of its first record
    count   INTEGER NOT NULL,    -- how many records it has
    newest  INTEGER NOT NULL,    -- the latest time at which one of them was received
    latest  INTEGER NOT NULL,    -- the same over them and everything before: never decreases, so it can be searched
    codec   INTEGER NOT NULL,    -- how content is stored: 0 as it is, 1 LZ4
    size    INTEGER NOT NULL,    -- bytes of content before packing
    crc     INTEGER NOT NULL,    -- CRC-32 over content as stored and the columns above
    content BLOB NOT NULL
) STRICT;
-- One row: everything up to here was removed by retention, but for what the table above still has.
CREATE TABLE removed (position INTEGER NOT NULL) STRICT;
INSERT INTO removed VALUES (0);
