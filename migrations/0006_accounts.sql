-- Accounts. The folded columns are what is compared, because the databases fold case differently. Row 1 has no password
-- until the first administrator claims it.
ALTER TABLE users RENAME COLUMN name TO username;
ALTER TABLE users ADD COLUMN folded_username TEXT;
ALTER TABLE users ADD COLUMN email TEXT;
ALTER TABLE users ADD COLUMN folded_email TEXT;
ALTER TABLE users ADD COLUMN password_hash TEXT;
ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'member';
ALTER TABLE users ADD COLUMN email_verified_at BIGINT;
ALTER TABLE users ADD COLUMN disabled_at BIGINT;
ALTER TABLE users ADD COLUMN signed_in_at BIGINT;
-- Counted up when everything issued so far must stop working.
ALTER TABLE users ADD COLUMN auth_epoch BIGINT NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX idx_users_email ON users (folded_email);
CREATE UNIQUE INDEX idx_users_username ON users (folded_username);

-- A device that is signed in. Its id is the family of its refresh tokens.
CREATE TABLE sessions (
    id TEXT PRIMARY KEY NOT NULL,
    owner_id BIGINT NOT NULL REFERENCES users,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX idx_sessions_owner ON sessions (owner_id, last_seen_at DESC);
CREATE INDEX idx_sessions_expires_at ON sessions (expires_at);

-- Each is good once. Only a digest is kept of it.
CREATE TABLE refresh_tokens (
    token TEXT PRIMARY KEY NOT NULL,
    owner_id BIGINT NOT NULL REFERENCES users,
    token_family TEXT NOT NULL REFERENCES sessions,
    revoked BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX idx_refresh_tokens_token_family ON refresh_tokens (token_family);
CREATE INDEX idx_refresh_tokens_user_revoked ON refresh_tokens (owner_id, revoked);
CREATE INDEX idx_refresh_tokens_expires_at ON refresh_tokens (expires_at) WHERE NOT revoked;
CREATE INDEX idx_refresh_tokens_revoked_expires_at ON refresh_tokens (expires_at) WHERE revoked;

-- Signs the access tokens. The newest signs; older ones verify until what they signed has ended.
CREATE TABLE signing_keys (
    id TEXT PRIMARY KEY NOT NULL,
    public_key TEXT NOT NULL,
    sealed_secret_key TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Of a name or an address that was tried, whether it is an account's or not.
CREATE TABLE login_failures (
    subject TEXT PRIMARY KEY NOT NULL,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    wait_until BIGINT NOT NULL
);
CREATE INDEX idx_login_failures_last_at ON login_failures (last_at);

-- What happened to accounts, for their owners and for administrators.
CREATE TABLE audit (
    id {{id}},
    owner_id BIGINT NOT NULL REFERENCES users,
    action TEXT NOT NULL,
    detail TEXT NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX idx_audit_owner ON audit (owner_id, id DESC);
CREATE INDEX idx_audit_created_at ON audit (created_at);

-- For programs. Only a digest is kept of the key itself.
CREATE TABLE api_keys (
    id TEXT PRIMARY KEY NOT NULL,
    owner_id BIGINT NOT NULL REFERENCES users,
    token TEXT NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    hint TEXT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX idx_api_keys_token ON api_keys (token);
CREATE INDEX idx_api_keys_owner ON api_keys (owner_id, id DESC);

-- Links in mails. What the link says is a MAC of the id, so nothing here opens anything.
CREATE TABLE account_links (
    id TEXT PRIMARY KEY NOT NULL,
    owner_id BIGINT NOT NULL REFERENCES users,
    purpose TEXT NOT NULL,
    email TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX idx_account_links_owner ON account_links (owner_id);
CREATE INDEX idx_account_links_expires_at ON account_links (expires_at);

-- What happens again and again: one process takes each turn, by moving it on.
CREATE TABLE schedules (
    name TEXT PRIMARY KEY NOT NULL,
    interval_us BIGINT NOT NULL,
    next_run_at BIGINT NOT NULL
);
