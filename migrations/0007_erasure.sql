-- When a user was erased. The row stays, without anything personal: it is the pseudonym of what must be kept.
ALTER TABLE users ADD COLUMN erased_at BIGINT;
CREATE INDEX idx_users_erased_at ON users (erased_at) WHERE erased_at IS NOT NULL;

-- Whether anybody else has the same bytes.
CREATE INDEX idx_assets_digest ON assets (digest);

-- Bytes that a row let go of. They are removed a while later, unless another row has them.
CREATE TABLE released_blobs (
    id {{id}},
    digest TEXT NOT NULL,
    released_at BIGINT NOT NULL
);
