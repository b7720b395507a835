-- Row 1 is the local user: it owns everything until the first administrator claims it.
CREATE TABLE users (
    id {{id}},
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
INSERT INTO users (id, name, created_at) VALUES (1, 'local', 0);
