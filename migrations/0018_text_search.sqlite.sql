-- The index of the search for text in todos (docs/decisions/0016-text-search.md). A todo is indexed a
-- little after it is written, by the server; until then it is looked through. `text` is the folded
-- title and description behind a mark of the owner (src/features/todos/search.cpp).
CREATE VIRTUAL TABLE todo_search USING fts5(text, tokenize = 'trigram case_sensitive 1', detail = none, columnsize = 0);

ALTER TABLE todos ADD COLUMN is_indexed BOOLEAN NOT NULL DEFAULT false;
CREATE INDEX idx_todos_unindexed ON todos (owner_id, id) WHERE NOT is_indexed;

-- Todos that are gone and still in the index.
CREATE TABLE todo_search_removed (id BIGINT PRIMARY KEY NOT NULL) WITHOUT ROWID;
CREATE TRIGGER todos_leave_search AFTER DELETE ON todos
BEGIN
    INSERT OR IGNORE INTO todo_search_removed (id) VALUES (old.id);
END;

-- Lists of one state, kind or status: whatever their answer, no rows but those of the page are read.
CREATE INDEX idx_generations_state ON generations (owner_id, state, id DESC);
CREATE INDEX idx_assets_kind ON assets (owner_id, kind, id DESC);
CREATE INDEX idx_pipelines_status ON pipelines (owner_id, status, id DESC);
