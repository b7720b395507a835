-- Counts what ends a user's known devices: a device token names the epoch in which it was issued.
ALTER TABLE users ADD COLUMN device_epoch BIGINT NOT NULL DEFAULT 0;
