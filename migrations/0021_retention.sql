-- Owner of a remote model: the user whose worker declared it first. NULL: the next user to declare it becomes the owner.
ALTER TABLE remote_models ADD COLUMN owner_id BIGINT REFERENCES users;
-- A remote worker is used only by the user who registered it. Nothing for processes of ours.
ALTER TABLE nodes ADD COLUMN owner_id BIGINT REFERENCES users;
-- Expired keys are found without reading the others.
CREATE INDEX idx_idempotency_keys_created_at ON idempotency_keys (created_at);
