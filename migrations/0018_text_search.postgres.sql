-- The index of the search for text in todos (docs/decisions/0016-text-search.md).
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
EXCEPTION WHEN OTHERS THEN
    RAISE EXCEPTION 'The search of todos needs the extension pg_trgm (%). Install PostgreSQL''s contrib package on its machine, '
        'let an administrator of this database run `CREATE EXTENSION pg_trgm`, and run `zoetrope migrate` again.', SQLERRM;
END
$$;

-- The owner is in an array so that PostgreSQL's own operators index it beside the text, and only for this index: a search of one
-- owner reads no other's rows, and is never served by the owner's other indexes, which would walk all rows.
CREATE INDEX idx_todos_search ON todos USING gin ((ARRAY[owner_id]), folded_title gin_trgm_ops, folded_description gin_trgm_ops);
