-- The event log: what happened, in order. Progress is not an event.
CREATE TABLE events (
    id {{id}},
    owner_id BIGINT NOT NULL REFERENCES users,
    topic TEXT NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    data TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX idx_events_owner ON events (owner_id, id);

-- Units of queue work; the states are drawn in src/platform/queue/queue.hpp.
CREATE TABLE tasks (
    id {{id}},
    queue TEXT NOT NULL,
    kind TEXT NOT NULL,
    args TEXT NOT NULL,
    state TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    attempts_max BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    error TEXT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX idx_tasks_ready ON tasks (queue, run_at, id) WHERE state IN ('available', 'retryable');

-- Files in the library: facts here, bytes in the blob named by the digest.
CREATE TABLE assets (
    id TEXT PRIMARY KEY NOT NULL,
    owner_id BIGINT NOT NULL REFERENCES users,
    kind TEXT NOT NULL,
    media_type TEXT NOT NULL,
    name TEXT NOT NULL,
    width BIGINT,
    height BIGINT,
    duration_ms BIGINT,
    bytes BIGINT NOT NULL,
    digest TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX idx_assets_owner ON assets (owner_id, id DESC);

-- One invocation of one model by one user.
CREATE TABLE generations (
    id TEXT PRIMARY KEY NOT NULL,
    owner_id BIGINT NOT NULL REFERENCES users,
    model TEXT NOT NULL,
    state TEXT NOT NULL,
    inputs TEXT NOT NULL,
    error TEXT,
    note TEXT,
    task_id BIGINT REFERENCES tasks,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT
);
CREATE INDEX idx_generations_owner ON generations (owner_id, id DESC);

CREATE TABLE generation_outputs (
    generation_id TEXT NOT NULL REFERENCES generations,
    position BIGINT NOT NULL,
    role TEXT NOT NULL,
    asset_id TEXT NOT NULL REFERENCES assets,
    PRIMARY KEY (generation_id, position)
);

-- The answer to a request that was sent with a key, kept a day, so that sending it again changes nothing.
CREATE TABLE idempotency_keys (
    owner_id BIGINT NOT NULL REFERENCES users,
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    body_digest TEXT NOT NULL,
    response TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (owner_id, route, key)
);

-- Cut-outs are slow to make and belong to the picture's bytes alone, so each is made once.
CREATE TABLE mattes (
    image_digest TEXT PRIMARY KEY NOT NULL,
    accepted BOOLEAN NOT NULL,
    mask_digest TEXT NOT NULL
);
