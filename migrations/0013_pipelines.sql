-- A pipeline is a graph of steps; a batch is one with a single step, fanned out over its files. Its counts and its status are
-- those of its files, written in the transactions that change them.
CREATE TABLE pipelines (
    id {{id}},
    owner_id BIGINT NOT NULL REFERENCES users,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    files BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    succeeded BIGINT NOT NULL DEFAULT 0,
    failed BIGINT NOT NULL DEFAULT 0,
    cancelled BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX idx_pipelines_owner ON pipelines (owner_id, id DESC);

CREATE TABLE steps (
    id {{id}},
    pipeline_id BIGINT NOT NULL REFERENCES pipelines,
    position BIGINT NOT NULL,
    model TEXT NOT NULL,
    inputs TEXT NOT NULL,
    queue TEXT NOT NULL
);
CREATE INDEX idx_steps_pipeline ON steps (pipeline_id, position);

-- What a pipeline is fanned out over. Without an asset: it could not be used, and `error` says why.
CREATE TABLE pipeline_files (
    id TEXT PRIMARY KEY NOT NULL,
    pipeline_id BIGINT NOT NULL REFERENCES pipelines,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    asset_id TEXT REFERENCES assets,
    error TEXT
);
CREATE INDEX idx_pipeline_files_pipeline ON pipeline_files (pipeline_id, position);
CREATE INDEX idx_pipeline_files_asset ON pipeline_files (asset_id) WHERE asset_id IS NOT NULL;

-- What a step makes of a file.
CREATE TABLE step_runs (
    generation_id TEXT PRIMARY KEY NOT NULL REFERENCES generations,
    step_id BIGINT NOT NULL REFERENCES steps,
    file_id TEXT NOT NULL REFERENCES pipeline_files
);
CREATE UNIQUE INDEX uq_step_runs_file ON step_runs (step_id, file_id);
CREATE INDEX idx_step_runs_file ON step_runs (file_id);

-- A generation stays in its queue when it is made again; what the others of its model took says how long it will take.
ALTER TABLE generations ADD COLUMN queue TEXT NOT NULL DEFAULT 'model_generation';
CREATE INDEX idx_generations_model ON generations (model, id) WHERE state = 'succeeded';
