-- What one process does, another tells its listeners. Sequence order is not commit order: readers of the log go by the
-- transaction that wrote an event (0 on SQLite, where one process writes and tells).
ALTER TABLE events ADD COLUMN xid BIGINT NOT NULL DEFAULT 0;
CREATE INDEX idx_events_xid ON events (xid, id);

-- The latest progress of those that run, written in groups.
ALTER TABLE generations ADD COLUMN progress DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE generations ADD COLUMN stage TEXT NOT NULL DEFAULT '';
CREATE INDEX idx_generations_running ON generations (id) WHERE state = 'running';
