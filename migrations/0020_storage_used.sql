-- Bytes that a user's assets take, changed in the transactions that add and remove assets: a conditional update of one row keeps
-- uploads that end together from passing the limit together.
CREATE TABLE storage_used (
    owner_id BIGINT PRIMARY KEY NOT NULL REFERENCES users,
    bytes BIGINT NOT NULL
);
INSERT INTO storage_used (owner_id, bytes) SELECT owner_id, sum(bytes) FROM assets GROUP BY owner_id;

-- Deleted bytes count until they are gone from the disk; nobody: they were never counted, or their user was erased.
ALTER TABLE released_blobs ADD COLUMN counted_for BIGINT REFERENCES users;
ALTER TABLE released_blobs ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;

-- Finds the generations that made an asset, when the asset is deleted.
CREATE INDEX idx_generation_outputs_asset ON generation_outputs (asset_id);
