-- Users take turns: when a task of theirs is inserted, it gets its place among those of the others.
ALTER TABLE tasks ADD COLUMN owner_id BIGINT;
ALTER TABLE tasks ADD COLUMN order_key BIGINT NOT NULL DEFAULT 0;
UPDATE tasks SET owner_id = (SELECT owner_id FROM generations WHERE id = replace(tasks.args, '"', '')) WHERE kind = 'generation.run';
DROP INDEX idx_tasks_available;
CREATE INDEX idx_tasks_available ON tasks (queue, priority DESC, order_key, id) WHERE state = 'available';
CREATE INDEX idx_tasks_owner ON tasks (owner_id, queue, priority, order_key) WHERE owner_id IS NOT NULL;
CREATE INDEX idx_tasks_running_owner ON tasks (queue, owner_id) WHERE state = 'running';
