-- What waits to be sorted into the index of the search would be read through by every search; the server writes it in the
-- background, where it may take its time.
ALTER INDEX idx_todos_search SET (fastupdate = off);
SELECT gin_clean_pending_list('idx_todos_search');
