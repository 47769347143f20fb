CREATE TABLE offices (
    id      TEXT PRIMARY KEY CHECK (id <> ''),
    code    TEXT NOT NULL UNIQUE CHECK (code <> ''),
    name    TEXT NOT NULL,
    ward    TEXT NOT NULL
) STRICT;

CREATE TABLE sources (
    id        TEXT PRIMARY KEY CHECK (id <> ''),
    office_id TEXT NOT NULL REFERENCES offices (id)
) STRICT;

CREATE TABLE documents (
    id           INTEGER PRIMARY KEY,
    spool_id     TEXT NOT NULL UNIQUE CHECK (spool_id <> ''),
    office_id    TEXT NOT NULL REFERENCES offices (id),
    source       TEXT NOT NULL,
    sender       TEXT NOT NULL,
    name         TEXT NOT NULL,
    media        TEXT NOT NULL,
    received     TEXT NOT NULL,
    sha256       TEXT NOT NULL CHECK (length(sha256) = 64),
    size_bytes   INTEGER NOT NULL CHECK (size_bytes >= 0),
    state        TEXT NOT NULL CHECK (state IN ('read', 'held', 'duplicate')),
    reason       TEXT NOT NULL CHECK (state <> 'held' OR reason <> ''),
    duplicate_of INTEGER REFERENCES documents (id) CHECK ((state = 'duplicate') = (duplicate_of IS NOT NULL)),
    recorded     TEXT NOT NULL
) STRICT;
-- One original a content and office: two readers with twins in hand cannot both make records of them.
CREATE UNIQUE INDEX documents_original ON documents (office_id, sha256) WHERE state <> 'duplicate';
CREATE INDEX documents_state ON documents (office_id, state, id);

CREATE TABLE cases (
    number      TEXT PRIMARY KEY CHECK (number <> ''),
    office_id   TEXT NOT NULL REFERENCES offices (id),
    fiscal_year INTEGER NOT NULL,
    sequence    INTEGER NOT NULL CHECK (sequence > 0),
    opened      TEXT NOT NULL,
    opened_by   TEXT NOT NULL,
    UNIQUE (office_id, fiscal_year, sequence)
) STRICT;

-- Kept apart from cases, so that a number is not given again after its case was purged.
CREATE TABLE case_counters (
    office_id   TEXT NOT NULL REFERENCES offices (id),
    fiscal_year INTEGER NOT NULL,
    last        INTEGER NOT NULL,
    PRIMARY KEY (office_id, fiscal_year)
) STRICT;

CREATE TABLE pages (
    id                    INTEGER PRIMARY KEY,
    document_id           INTEGER NOT NULL REFERENCES documents (id),
    office_id             TEXT NOT NULL REFERENCES offices (id),
    number                INTEGER NOT NULL CHECK (number > 0),
    state                 TEXT NOT NULL CHECK (state IN ('read', 'no_form', 'incomplete')),
    reason                TEXT NOT NULL,
    image                 TEXT NOT NULL,
    crops                 TEXT NOT NULL,
    rotation              INTEGER NOT NULL,
    registration_error_mm REAL NOT NULL,
    width_px              INTEGER NOT NULL,
    height_px             INTEGER NOT NULL,
    x_dpi                 REAL NOT NULL,
    y_dpi                 REAL NOT NULL,
    UNIQUE (document_id, number)
) STRICT;

CREATE TABLE sheets (
    id           INTEGER PRIMARY KEY,
    office_id    TEXT NOT NULL REFERENCES offices (id),
    document_id  INTEGER NOT NULL REFERENCES documents (id),
    page_id      INTEGER NOT NULL UNIQUE REFERENCES pages (id),
    case_number  TEXT REFERENCES cases (number),
    form         TEXT NOT NULL CHECK (form <> ''),
    edition      TEXT NOT NULL,
    form_hash    TEXT NOT NULL,
    reader       TEXT NOT NULL,
    weights      TEXT NOT NULL,
    calibration  TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('needs_review', 'ready', 'confirmed')),
    confirmed_by TEXT NOT NULL DEFAULT '',
    confirmed_at TEXT NOT NULL DEFAULT '',
    revision     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX sheets_case ON sheets (case_number);
CREATE INDEX sheets_state ON sheets (office_id, state, id);
CREATE INDEX sheets_document ON sheets (document_id);

CREATE TABLE fields (
    id                    INTEGER PRIMARY KEY,
    sheet_id              INTEGER NOT NULL REFERENCES sheets (id),
    position              INTEGER NOT NULL,
    field                 TEXT NOT NULL CHECK (field <> ''),
    kind                  TEXT NOT NULL CHECK (kind IN ('mark', 'circle', 'text', 'digits', 'image', 'derived')),
    read_value            TEXT NOT NULL,
    value                 TEXT NOT NULL,
    confidence            REAL NOT NULL,
    decided               TEXT NOT NULL CHECK (decided IN ('waiting', 'accepted', 'set', 'confirmed')),
    reason                TEXT NOT NULL,
    decided_by            TEXT NOT NULL DEFAULT '',
    decided_at            TEXT NOT NULL DEFAULT '',
    hand                  TEXT NOT NULL CHECK (hand IN ('none', 'typed', 'written')),
    box_x                 INTEGER NOT NULL,
    box_y                 INTEGER NOT NULL,
    box_w                 INTEGER NOT NULL,
    box_h                 INTEGER NOT NULL,
    registration_error_mm REAL NOT NULL,
    alternatives          TEXT NOT NULL,
    UNIQUE (sheet_id, field)
) STRICT;

CREATE TABLE field_history (
    id        INTEGER PRIMARY KEY,
    field_id  INTEGER NOT NULL REFERENCES fields (id),
    at        TEXT NOT NULL,
    by        TEXT NOT NULL CHECK (by <> ''),
    why       TEXT NOT NULL,
    old_value TEXT NOT NULL,
    new_value TEXT NOT NULL,
    old_state TEXT NOT NULL,
    new_state TEXT NOT NULL
) STRICT;
CREATE INDEX field_history_field ON field_history (field_id, id);

-- Later readings of the same original, beside the first.
CREATE TABLE field_readings (
    id          INTEGER PRIMARY KEY,
    field_id    INTEGER NOT NULL REFERENCES fields (id),
    at          TEXT NOT NULL,
    reader      TEXT NOT NULL,
    weights     TEXT NOT NULL,
    calibration TEXT NOT NULL,
    value       TEXT NOT NULL,
    confidence  REAL NOT NULL,
    review      INTEGER NOT NULL CHECK (review IN (0, 1)),
    reason      TEXT NOT NULL
) STRICT;
CREATE INDEX field_readings_field ON field_readings (field_id, id);

CREATE TABLE problems (
    id       INTEGER PRIMARY KEY,
    sheet_id INTEGER NOT NULL REFERENCES sheets (id),
    field    TEXT NOT NULL,
    code     TEXT NOT NULL,
    text     TEXT NOT NULL
) STRICT;
CREATE INDEX problems_sheet ON problems (sheet_id, id);

CREATE TABLE case_events (
    id          INTEGER PRIMARY KEY,
    case_number TEXT NOT NULL REFERENCES cases (number),
    office_id   TEXT NOT NULL REFERENCES offices (id),
    kind        TEXT NOT NULL CHECK (kind <> ''),
    key         TEXT NOT NULL,
    at          TEXT NOT NULL,
    by          TEXT NOT NULL,
    detail      TEXT NOT NULL,
    sheet_id    INTEGER REFERENCES sheets (id),
    UNIQUE (case_number, kind, key)
) STRICT;

CREATE TABLE institutions (
    id             INTEGER PRIMARY KEY,
    office_id      TEXT NOT NULL REFERENCES offices (id),
    kind           TEXT NOT NULL CHECK (kind <> ''),
    name           TEXT NOT NULL CHECK (name <> ''),
    department     TEXT NOT NULL,
    ward           TEXT NOT NULL,
    name_key       TEXT NOT NULL,
    department_key TEXT NOT NULL,
    fax            TEXT NOT NULL,
    email          TEXT NOT NULL,
    phone          TEXT NOT NULL,
    fax_state      TEXT NOT NULL DEFAULT 'unverified' CHECK (fax_state IN ('unverified', 'proposed', 'verified')),
    email_state    TEXT NOT NULL DEFAULT 'unverified' CHECK (email_state IN ('unverified', 'proposed', 'verified')),
    can_open_links INTEGER NOT NULL DEFAULT 0 CHECK (can_open_links IN (0, 1)),
    notice         TEXT NOT NULL DEFAULT 'each' CHECK (notice IN ('each', 'digest', 'none')),
    updated        TEXT NOT NULL,
    UNIQUE (office_id, kind, name, department, ward)
) STRICT;
CREATE INDEX institutions_name ON institutions (office_id, name_key);

CREATE TABLE verifications (
    id             INTEGER PRIMARY KEY,
    office_id      TEXT NOT NULL REFERENCES offices (id),
    institution_id INTEGER NOT NULL REFERENCES institutions (id),
    channel        TEXT NOT NULL CHECK (channel IN ('fax', 'email')),
    value          TEXT NOT NULL,
    how            TEXT NOT NULL CHECK (how IN ('test-fax', 'letterhead', 'phone')),
    by             TEXT NOT NULL CHECK (by <> ''),
    at             TEXT NOT NULL,
    result         TEXT NOT NULL CHECK (result IN ('proposed', 'verified', 'lapsed'))
) STRICT;
CREATE INDEX verifications_institution ON verifications (institution_id, id);

CREATE TABLE consents (
    id          INTEGER PRIMARY KEY,
    office_id   TEXT NOT NULL REFERENCES offices (id),
    case_number TEXT NOT NULL REFERENCES cases (number),
    scope       TEXT NOT NULL CHECK (scope IN ('medical', 'care', 'ward_office')),
    state       TEXT NOT NULL CHECK (state IN ('recorded', 'withdrawn')),
    giver       TEXT NOT NULL,
    how         TEXT NOT NULL,
    by          TEXT NOT NULL CHECK (by <> ''),
    at          TEXT NOT NULL,
    note        TEXT NOT NULL
) STRICT;
CREATE INDEX consents_case ON consents (case_number, scope, id);

CREATE TABLE notices (
    id           TEXT PRIMARY KEY,
    office_id    TEXT NOT NULL REFERENCES offices (id),
    sheet_id     INTEGER REFERENCES sheets (id),
    document     TEXT NOT NULL,
    case_number  TEXT REFERENCES cases (number),
    about        TEXT NOT NULL CHECK (about <> ''),
    event        TEXT NOT NULL CHECK (event <> ''),
    rule         TEXT NOT NULL CHECK (rule <> ''),
    recipient    TEXT NOT NULL CHECK (recipient <> ''),
    kind         TEXT NOT NULL CHECK (kind IN ('alert', 'disclosure', 'withdrawal', 'correction', 'todo')),
    state        TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'delivered', 'failed', 'unknown', 'cancelled',
                                                'refused')),
    reason       TEXT NOT NULL,
    channel      TEXT NOT NULL,
    destination  TEXT NOT NULL,
    subject      TEXT NOT NULL,
    body         TEXT NOT NULL,
    batch        TEXT NOT NULL,
    created      TEXT NOT NULL,
    next_attempt TEXT NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    lease_until  TEXT NOT NULL DEFAULT '',
    finished     TEXT NOT NULL DEFAULT '',
    UNIQUE (about, event, rule, recipient)
) STRICT;
CREATE INDEX notices_due ON notices (state, next_attempt);
CREATE INDEX notices_sheet ON notices (sheet_id);

CREATE TABLE deliveries (
    notice_id TEXT NOT NULL REFERENCES notices (id),
    attempt   INTEGER NOT NULL,
    who       TEXT NOT NULL,
    started   TEXT NOT NULL,
    ended     TEXT NOT NULL DEFAULT '',
    result    TEXT NOT NULL CHECK (result IN ('started', 'abandoned', 'queued', 'sent', 'delivered', 'failed', 'unknown')),
    detail    TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (notice_id, attempt)
) STRICT;

CREATE TABLE todos (
    id          INTEGER PRIMARY KEY,
    office_id   TEXT NOT NULL REFERENCES offices (id),
    sheet_id    INTEGER REFERENCES sheets (id),
    document    TEXT NOT NULL,
    case_number TEXT REFERENCES cases (number),
    about       TEXT NOT NULL CHECK (about <> ''),
    event       TEXT NOT NULL CHECK (event <> ''),
    rule        TEXT NOT NULL CHECK (rule <> ''),
    recipient   TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind <> ''),
    text        TEXT NOT NULL,
    created     TEXT NOT NULL,
    done        TEXT NOT NULL DEFAULT '',
    done_by     TEXT NOT NULL DEFAULT '',
    note        TEXT NOT NULL DEFAULT '',
    UNIQUE (about, event, rule, recipient, kind)
) STRICT;
CREATE INDEX todos_open ON todos (office_id, done, id);

CREATE TABLE audit (
    seq       INTEGER PRIMARY KEY,
    prev_hash TEXT NOT NULL,
    at        TEXT NOT NULL,
    actor     TEXT NOT NULL CHECK (actor <> ''),
    action    TEXT NOT NULL CHECK (action <> ''),
    object    TEXT NOT NULL,
    office_id TEXT NOT NULL REFERENCES offices (id),
    detail    TEXT NOT NULL,
    hash      TEXT NOT NULL
) STRICT;
CREATE INDEX audit_object ON audit (object, seq);

CREATE TABLE audit_head (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    seq  INTEGER NOT NULL,
    hash TEXT NOT NULL
) STRICT;
INSERT INTO audit_head (one, seq, hash) VALUES (1, 0, '');

-- What must never change is kept by the database too, not only by the program.
CREATE TRIGGER documents_bytes BEFORE UPDATE OF spool_id, office_id, sha256, received ON documents
BEGIN SELECT RAISE (ABORT, 'the identity of a document never changes'); END;
CREATE TRIGGER fields_read_value BEFORE UPDATE OF sheet_id, field, read_value ON fields
BEGIN SELECT RAISE (ABORT, 'what was read never changes'); END;
CREATE TRIGGER field_history_update BEFORE UPDATE ON field_history
BEGIN SELECT RAISE (ABORT, 'history never changes'); END;
CREATE TRIGGER field_history_delete BEFORE DELETE ON field_history
BEGIN SELECT RAISE (ABORT, 'history never changes'); END;
CREATE TRIGGER consents_update BEFORE UPDATE ON consents
BEGIN SELECT RAISE (ABORT, 'consents are added, never changed'); END;
CREATE TRIGGER audit_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE (ABORT, 'the audit chain is added to, never changed'); END;
CREATE TRIGGER audit_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE (ABORT, 'the audit chain is added to, never changed'); END;
