-- Queues from which nothing is claimed for now.
CREATE TABLE paused_queues (
    name TEXT PRIMARY KEY NOT NULL,
    paused_at BIGINT NOT NULL
);
