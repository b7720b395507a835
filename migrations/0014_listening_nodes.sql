-- Whether clients reach a node: those that do share what one address may ask for.
ALTER TABLE nodes ADD COLUMN listens BOOLEAN NOT NULL DEFAULT FALSE;
