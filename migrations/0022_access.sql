-- Changes of users' access (signed out, disabled, another role, a key revoked): each process on one database reads what the
-- others wrote here. Rows go within the hour.
CREATE TABLE access_changes (
    id {{id}},
    owner_id BIGINT NOT NULL REFERENCES users,
    process TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX idx_access_changes_created_at ON access_changes (created_at);

-- Network that a device signed in from: the /24 of an IPv4 address, the /48 of an IPv6 one. Empty for older sessions.
ALTER TABLE sessions ADD COLUMN network TEXT NOT NULL DEFAULT '';
