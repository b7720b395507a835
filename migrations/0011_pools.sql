-- How many workers each queue has at present, on all nodes together, and why.
CREATE TABLE pools (
    name TEXT PRIMARY KEY NOT NULL,
    size BIGINT NOT NULL,
    capacity BIGINT NOT NULL,
    busy_at BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    decisions BIGINT NOT NULL DEFAULT 0,
    settings TEXT
);
-- Which queues a node serves, as a JSON array.
ALTER TABLE nodes ADD COLUMN queues TEXT NOT NULL DEFAULT '[]';
