-- Without fastupdate an entry goes to its place in the index at once. A list of pending entries would be read through by every
-- search, and the server fills this index in the background, where it may take its time.
ALTER INDEX idx_todos_search SET (fastupdate = off);
SELECT gin_clean_pending_list('idx_todos_search');
