-- Trigrams of pg_trgm never reach over a space or a sign, so a search for "bread and milk" had to look at every row that holds the three
-- words anywhere. The letter q stands for each of them here and in what is searched for (docs/decisions/0016-text-search.md).
DROP INDEX idx_todos_search;
CREATE INDEX idx_todos_search ON todos USING gin (
    (ARRAY[owner_id]),
    translate(folded_title || chr(10) || folded_description, E'\t\n\r !"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~', repeat('q', 36)) gin_trgm_ops
) WITH (fastupdate = off) WHERE is_indexed;
