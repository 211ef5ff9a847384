-- Live runs: what they were asked to do, so that they can be resumed; every try of every call; what it cost.

-- What was planned, as JSON: {"targets":[{"model","content_id","passthrough"}],"repeat","handoff",…}. Recorded runs
-- have none.
ALTER TABLE run ADD COLUMN plan TEXT CHECK (plan IS NULL OR json_valid(plan));

-- The inputs a run asks, in order.
CREATE TABLE run_input (
    run_id INTEGER NOT NULL REFERENCES run (id),
    position INTEGER NOT NULL,
    input_id INTEGER NOT NULL REFERENCES input (id),
    PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;

-- In a handoff: the conversation the primary led before a fallback took over. All cells of a case and repeat share it.
CREATE TABLE transcript (
    run_id INTEGER NOT NULL REFERENCES run (id),
    input_id INTEGER NOT NULL REFERENCES input (id),
    repeat INTEGER NOT NULL CHECK (repeat >= 1),
    body TEXT NOT NULL CHECK (json_valid(body)),
    PRIMARY KEY (run_id, input_id, repeat)
) STRICT, WITHOUT ROWID;

-- Prices that costs were computed with, each kept once.
CREATE TABLE price (
    id INTEGER PRIMARY KEY,
    body TEXT NOT NULL UNIQUE CHECK (json_valid(body))
) STRICT;

-- What a stream had given when it broke. Never an output.
ALTER TABLE cell ADD COLUMN partial TEXT;
-- What the case expected, judged: [{"kind","passed","why"}].
ALTER TABLE cell ADD COLUMN verdicts TEXT CHECK (verdicts IS NULL OR json_valid(verdicts));
-- In millionths of a millionth of a US dollar; NULL is unknown, never nothing.
ALTER TABLE cell ADD COLUMN cost INTEGER CHECK (cost IS NULL OR cost >= 0);
ALTER TABLE cell ADD COLUMN price_id INTEGER REFERENCES price (id);
-- The digest of its request: address, headers and body. The texts are in content and input.
ALTER TABLE cell ADD COLUMN request BLOB CHECK (request IS NULL OR length(request) = 32);
-- 1: taken from an earlier run of exactly the same request.
ALTER TABLE cell ADD COLUMN cached INTEGER NOT NULL DEFAULT 0 CHECK (cached IN (0, 1));
-- The model as answered: aliases resolve to dated ids.
ALTER TABLE cell ADD COLUMN answered_by TEXT;
ALTER TABLE cell ADD COLUMN cached_input_tokens INTEGER;
ALTER TABLE cell ADD COLUMN cache_write_tokens INTEGER;
ALTER TABLE cell ADD COLUMN reasoning_tokens INTEGER;
CREATE INDEX cell_by_request ON cell (request, repeat) WHERE output IS NOT NULL AND request IS NOT NULL;

-- Addresses and headers that many tries share, each kept once. Secrets are replaced before they get here.
CREATE TABLE header_set (
    id INTEGER PRIMARY KEY,
    body TEXT NOT NULL UNIQUE CHECK (json_valid(body))
) STRICT;

-- One try of one call. A cell has several when it was tried again, or when a conversation was led to it.
CREATE TABLE attempt (
    cell_id INTEGER NOT NULL REFERENCES cell (id),
    seq INTEGER NOT NULL CHECK (seq >= 1),
    -- Whom it called, where that is not the cell's own model.
    model TEXT,
    call INTEGER NOT NULL CHECK (call >= 1),
    number INTEGER NOT NULL CHECK (number >= 1),
    -- Milliseconds since 1970 UTC.
    began INTEGER NOT NULL,
    -- The digest of its request, where that is not the cell's own.
    request BLOB CHECK (request IS NULL OR length(request) = 32),
    error_kind TEXT,
    status INTEGER,
    request_id TEXT,
    -- Address and headers sent: {"url","headers"}.
    sent_id INTEGER REFERENCES header_set (id),
    -- Headers received that other tries of the run have too: {"headers"}; and those of this one alone, null for absent.
    received_id INTEGER REFERENCES header_set (id),
    received TEXT CHECK (received IS NULL OR json_valid(received)),
    -- Microseconds.
    first_byte INTEGER,
    first_token INTEGER,
    took INTEGER NOT NULL,
    -- How long the server asked to wait, in seconds.
    retry_after REAL,
    PRIMARY KEY (cell_id, seq)
) STRICT, WITHOUT ROWID;

-- Bytes as received: of failed, cut and unreadable answers, and of all when asked for.
CREATE TABLE attempt_raw (
    cell_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (cell_id, seq),
    FOREIGN KEY (cell_id, seq) REFERENCES attempt (cell_id, seq)
) STRICT;
