-- Tasks that are over leave the table that is claimed from, so that it stays small however many were ever done.
CREATE TABLE finished_tasks (
    id {{id}},
    queue TEXT NOT NULL,
    kind TEXT NOT NULL,
    args TEXT NOT NULL,
    state TEXT NOT NULL,
    priority BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    attempts_max BIGINT NOT NULL,
    crashes BIGINT NOT NULL,
    error TEXT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT NOT NULL
);
CREATE INDEX idx_finished_tasks_state ON finished_tasks (state, id);
INSERT INTO finished_tasks (id, queue, kind, args, state, priority, attempt, attempts_max, crashes, error, created_at, finished_at)
SELECT id, queue, kind, args, state, 0, attempt, attempts_max, 0, error, created_at, coalesce(finished_at, created_at)
FROM tasks WHERE state IN ('completed', 'discarded', 'cancelled');

-- A generation outlives its task.
ALTER TABLE generations ADD COLUMN task BIGINT;
UPDATE generations SET task = task_id;
ALTER TABLE generations DROP COLUMN task_id;
ALTER TABLE generations RENAME COLUMN task TO task_id;

DELETE FROM tasks WHERE state IN ('completed', 'discarded', 'cancelled');
DROP INDEX idx_tasks_ready;
ALTER TABLE tasks DROP COLUMN finished_at;
ALTER TABLE tasks ADD COLUMN priority BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN crashes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN started_at BIGINT;
ALTER TABLE tasks ADD COLUMN effect_at BIGINT;
ALTER TABLE tasks ADD COLUMN unique_key TEXT;
CREATE INDEX idx_tasks_available ON tasks (queue, priority DESC, id) WHERE state = 'available';
CREATE INDEX idx_tasks_due ON tasks (queue, run_at) WHERE state IN ('scheduled', 'retryable');
CREATE UNIQUE INDEX uq_tasks_unique_key ON tasks (kind, unique_key) WHERE unique_key IS NOT NULL;
