-- Todos. The folded columns are what search looks at, because the databases fold case differently.
CREATE TABLE todos (
    id {{id}},
    owner_id BIGINT NOT NULL REFERENCES users,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    priority BIGINT NOT NULL,
    due_date BIGINT,
    completed BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    folded_title TEXT NOT NULL,
    folded_description TEXT NOT NULL
);
CREATE INDEX idx_todos_created_at ON todos (owner_id, created_at DESC, id DESC);
CREATE INDEX idx_todos_completed ON todos (owner_id, completed, created_at DESC, id DESC);
CREATE INDEX idx_todos_priority ON todos (owner_id, priority, created_at DESC, id DESC);
CREATE INDEX idx_todos_completed_priority ON todos (owner_id, completed, priority, created_at DESC, id DESC);

-- What an operator changed while the server ran: feature flags and, later, more.
CREATE TABLE settings (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);
