-- The local user came with a number of its own, which the sequence does not know of.
SELECT setval(pg_get_serial_sequence('users', 'id'), 1);
