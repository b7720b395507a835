-- The index of the search for text in todos (docs/decisions/0016-text-search.md).
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
EXCEPTION WHEN OTHERS THEN
    RAISE EXCEPTION 'The search of todos needs the extension pg_trgm (%). Install PostgreSQL''s contrib package on its machine, '
        'let an administrator of this database run `CREATE EXTENSION pg_trgm`, and run `zoetrope migrate` again.', SQLERRM;
END
$$;

-- A todo is indexed a little after it is written, by the server; until then it is looked through. The owner is in an array so that
-- PostgreSQL's own operators index it beside the text, and only for this index: a search of one owner reads no other's rows, and is
-- never served by the owner's other indexes, which would walk all rows.
ALTER TABLE todos ADD COLUMN is_indexed BOOLEAN NOT NULL DEFAULT false;
CREATE INDEX idx_todos_search ON todos USING gin ((ARRAY[owner_id]), (folded_title || chr(10) || folded_description) gin_trgm_ops)
WHERE is_indexed;
CREATE INDEX idx_todos_unindexed ON todos (owner_id, id) WHERE NOT is_indexed;

-- Lists of one state, kind or status: whatever their answer, no rows but those of the page are read.
CREATE INDEX idx_generations_state ON generations (owner_id, state, id DESC);
CREATE INDEX idx_assets_kind ON assets (owner_id, kind, id DESC);
CREATE INDEX idx_pipelines_status ON pipelines (owner_id, status, id DESC);
