-- The workspace: one file that holds a team's prompt variants, their history, the decisions about them, and what
-- the models answered. Links between things use content ids (SHA-256 of canonical content), never numbers.

CREATE TABLE workspace (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    created_at TEXT NOT NULL,
    -- 1: filled with the shipped sample set, and labelled so wherever it is shown.
    sample INTEGER NOT NULL DEFAULT 0 CHECK (sample IN (0, 1)),
    -- understudy.toml, byte for byte.
    config TEXT NOT NULL
) STRICT;

CREATE TABLE prompt (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 64)
) STRICT;

-- Canonical contents, shared by every version and output that has them. An output can be recorded for a content no
-- version has yet; its body is then unknown.
CREATE TABLE content (
    id INTEGER PRIMARY KEY,
    content_id TEXT NOT NULL UNIQUE CHECK (length(content_id) = 64),
    body TEXT CHECK (body IS NULL OR json_valid(body))
) STRICT;

CREATE TABLE variant (
    id INTEGER PRIMARY KEY,
    prompt_id INTEGER NOT NULL REFERENCES prompt (id),
    model TEXT NOT NULL CHECK (length(model) BETWEEN 1 AND 64),
    head_id INTEGER REFERENCES version (id) DEFERRABLE INITIALLY DEFERRED,
    UNIQUE (prompt_id, model)
) STRICT;

CREATE TABLE version (
    id INTEGER PRIMARY KEY,
    version_id TEXT NOT NULL UNIQUE,
    variant_id INTEGER NOT NULL REFERENCES variant (id),
    number INTEGER NOT NULL CHECK (number >= 1),
    content INTEGER NOT NULL REFERENCES content (id),
    parent_id INTEGER REFERENCES version (id),
    author TEXT NOT NULL,
    at TEXT NOT NULL,
    message TEXT NOT NULL,
    UNIQUE (variant_id, number)
) STRICT;
CREATE INDEX version_by_content ON version (content);
CREATE INDEX version_by_parent ON version (parent_id);

-- The ledger.
CREATE TABLE decision (
    id INTEGER PRIMARY KEY,
    decision_id TEXT NOT NULL UNIQUE,
    prompt_id INTEGER NOT NULL REFERENCES prompt (id),
    kind TEXT NOT NULL CHECK (kind IN ('start', 'match', 'waive', 'accept')),
    at TEXT NOT NULL,
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;
CREATE INDEX decision_by_prompt ON decision (prompt_id, at, decision_id);

-- What a model was asked: kept apart from the case, so that an output always shows the input it answered.
CREATE TABLE input (
    id INTEGER PRIMARY KEY,
    prompt_id INTEGER NOT NULL REFERENCES prompt (id),
    case_id TEXT NOT NULL,
    digest TEXT NOT NULL CHECK (length(digest) = 64),
    body TEXT NOT NULL CHECK (json_valid(body)),
    UNIQUE (prompt_id, case_id, digest)
) STRICT;

CREATE TABLE saved_case (
    id INTEGER PRIMARY KEY,
    prompt_id INTEGER NOT NULL REFERENCES prompt (id),
    case_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    input_id INTEGER NOT NULL REFERENCES input (id),
    body TEXT NOT NULL CHECK (json_valid(body)),
    UNIQUE (prompt_id, case_id)
) STRICT;
CREATE INDEX saved_case_by_input ON saved_case (input_id);

CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE,
    prompt_id INTEGER NOT NULL REFERENCES prompt (id),
    -- live: called by this program; recorded: outputs made elsewhere.
    kind TEXT NOT NULL CHECK (kind IN ('live', 'recorded')),
    at TEXT NOT NULL,
    cells INTEGER NOT NULL CHECK (cells >= 0),
    finished_at TEXT
) STRICT;
CREATE INDEX run_by_prompt ON run (prompt_id, at);

-- One call. Finished when its row is committed.
CREATE TABLE cell (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES run (id),
    prompt_id INTEGER NOT NULL REFERENCES prompt (id),
    model TEXT NOT NULL,
    content INTEGER NOT NULL REFERENCES content (id),
    input_id INTEGER NOT NULL REFERENCES input (id),
    repeat INTEGER NOT NULL CHECK (repeat >= 1),
    -- 1: the fallback was given the primary's prompt.
    passthrough INTEGER NOT NULL CHECK (passthrough IN (0, 1)),
    -- 1: the latest output for its model, content, input and repeat. Errors never are: they take nothing away.
    current INTEGER NOT NULL CHECK (current IN (0, 1)),
    output TEXT,
    tool_calls TEXT CHECK (tool_calls IS NULL OR json_valid(tool_calls)),
    finish TEXT,
    words INTEGER,
    error_kind TEXT,
    error_message TEXT,
    input_tokens INTEGER,
    output_tokens INTEGER,
    seconds REAL,
    CHECK ((output IS NULL) = (error_kind IS NOT NULL)),
    CHECK (current = 0 OR output IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX cell_in_run ON cell (run_id, input_id, content, model, repeat, passthrough);
CREATE UNIQUE INDEX cell_current ON cell (prompt_id, model, content, passthrough, input_id, repeat) WHERE current = 1;
CREATE INDEX cell_by_input ON cell (input_id);

-- Whether an output holds a schema: a pure function of both, kept because asking again for 100,000 outputs is slow.
CREATE TABLE judgement (
    cell_id INTEGER NOT NULL REFERENCES cell (id),
    schema_id TEXT NOT NULL CHECK (length(schema_id) = 64),
    form TEXT NOT NULL CHECK (form IN ('raw', 'fenced', 'wrapped', 'invalid', 'none')),
    held INTEGER NOT NULL CHECK (held IN (0, 1)),
    PRIMARY KEY (cell_id, schema_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE rating (
    id INTEGER PRIMARY KEY,
    prompt_id INTEGER NOT NULL REFERENCES prompt (id),
    input_id INTEGER NOT NULL REFERENCES input (id),
    fallback TEXT NOT NULL,
    primary_content INTEGER NOT NULL REFERENCES content (id),
    fallback_content INTEGER NOT NULL REFERENCES content (id),
    rating TEXT NOT NULL CHECK (rating IN ('primary', 'tie', 'fallback', 'neither')),
    note TEXT,
    author TEXT NOT NULL,
    at TEXT NOT NULL,
    -- 1: taken back by `undo`; kept, because the ledger of opinions is append-only too.
    withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1))
) STRICT;
CREATE INDEX rating_by_pair ON rating (prompt_id, fallback, primary_content, fallback_content, input_id);

CREATE TABLE release (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    archive_sha256 TEXT NOT NULL CHECK (length(archive_sha256) = 64),
    -- The frozen statement, exactly the bytes that were signed.
    payload BLOB NOT NULL,
    -- The heads it froze, as {"prompt": {"model": "content id"}}.
    heads TEXT NOT NULL CHECK (json_valid(heads)),
    UNIQUE (name, version)
) STRICT;

-- What each file of a directory looked like when directory and workspace last agreed.
CREATE TABLE sync_point (
    dir TEXT NOT NULL,
    path TEXT NOT NULL,
    digest TEXT NOT NULL CHECK (length(digest) = 64),
    PRIMARY KEY (dir, path)
) STRICT, WITHOUT ROWID;

-- Versions, contents and decisions are never changed or deleted.
CREATE TRIGGER version_is_immutable BEFORE UPDATE ON version BEGIN
    SELECT RAISE (ABORT, 'a version is immutable');
END;
CREATE TRIGGER version_stays BEFORE DELETE ON version BEGIN
    SELECT RAISE (ABORT, 'a version is immutable');
END;
CREATE TRIGGER content_is_immutable BEFORE UPDATE ON content WHEN OLD.body IS NOT NULL OR NEW.content_id <> OLD.content_id BEGIN
    SELECT RAISE (ABORT, 'a content is immutable');
END;
CREATE TRIGGER decision_is_append_only_update BEFORE UPDATE ON decision BEGIN
    SELECT RAISE (ABORT, 'the ledger is append-only');
END;
CREATE TRIGGER decision_is_append_only_delete BEFORE DELETE ON decision BEGIN
    SELECT RAISE (ABORT, 'the ledger is append-only');
END;
