-- Processes that run tasks. One is alive as long as its heartbeat, by the database's clock, is recent.
CREATE TABLE nodes (
    id {{id}},
    name TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    heartbeat_at BIGINT NOT NULL
);
ALTER TABLE tasks ADD COLUMN node_id BIGINT;
CREATE INDEX idx_tasks_running ON tasks (node_id) WHERE state = 'running';
