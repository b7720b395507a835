-- What a task took, for those who plan: how long it ran, and of that, how long it waited for an engine, had one, and had
-- what a node does one at a time. Microseconds; nothing where it was not measured.
ALTER TABLE finished_tasks ADD COLUMN ran_us BIGINT;
ALTER TABLE finished_tasks ADD COLUMN waited_us BIGINT;
ALTER TABLE finished_tasks ADD COLUMN engine_us BIGINT;
ALTER TABLE finished_tasks ADD COLUMN exclusive_us BIGINT;
