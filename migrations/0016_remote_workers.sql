-- Workers that claim over HTTP are nodes too: with a patience of their own, and with facts that a task may ask for.
ALTER TABLE nodes ADD COLUMN patience_us BIGINT;
ALTER TABLE nodes ADD COLUMN facts TEXT;

-- What such workers can make. It stays when they go: what was made by it is still there.
CREATE TABLE remote_models (
    id TEXT PRIMARY KEY NOT NULL,
    definition TEXT NOT NULL,
    declared_at BIGINT NOT NULL
);
