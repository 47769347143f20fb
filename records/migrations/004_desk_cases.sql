-- A page that a person put away, and why; '' while it is on the desk. A sheet leaves the desk with its page.
ALTER TABLE pages ADD COLUMN settled TEXT NOT NULL DEFAULT ''
    CHECK (settled IN ('', 'filed', 'forwarded', 'junk', 'not_ours', 'assigned', 'duplicate'));
ALTER TABLE pages ADD COLUMN settled_by TEXT NOT NULL DEFAULT '';
ALTER TABLE pages ADD COLUMN settled_at TEXT NOT NULL DEFAULT '';
ALTER TABLE pages ADD COLUMN settled_note TEXT NOT NULL DEFAULT '';
-- A page without a form that belongs to a case all the same: a letter, a second page.
ALTER TABLE pages ADD COLUMN case_number TEXT REFERENCES cases (number);
-- The order in which people want to see the pages; number stays the place in the original.
ALTER TABLE pages ADD COLUMN place INTEGER;
CREATE INDEX pages_desk ON pages (office_id, id) WHERE state <> 'read' AND settled = '';
CREATE INDEX pages_case ON pages (case_number) WHERE case_number IS NOT NULL;

ALTER TABLE documents ADD COLUMN settled TEXT NOT NULL DEFAULT ''
    CHECK (settled IN ('', 'filed', 'forwarded', 'junk', 'not_ours'));
ALTER TABLE documents ADD COLUMN settled_by TEXT NOT NULL DEFAULT '';
ALTER TABLE documents ADD COLUMN settled_at TEXT NOT NULL DEFAULT '';
ALTER TABLE documents ADD COLUMN settled_note TEXT NOT NULL DEFAULT '';
-- Handed over: this row is the one line that the giver keeps; the pages belong to a row of the other office.
ALTER TABLE documents ADD COLUMN handed_to TEXT REFERENCES offices (id);
ALTER TABLE documents ADD COLUMN handed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE documents ADD COLUMN handed_at TEXT NOT NULL DEFAULT '';
-- The row at the other office says where it came from; a part split off says which document it was split from.
ALTER TABLE documents ADD COLUMN came_from INTEGER REFERENCES documents (id);
DROP INDEX documents_original;
CREATE UNIQUE INDEX documents_original ON documents (office_id, sha256)
    WHERE state <> 'duplicate' AND handed_to IS NULL AND came_from IS NULL;
CREATE INDEX documents_held ON documents (office_id, id) WHERE state = 'held' AND settled = '';

-- '' while on the desk, else as its page; twin_ok: no duplicate of an older one; stays: another ward's patient, and ours.
ALTER TABLE sheets ADD COLUMN closed TEXT NOT NULL DEFAULT '';
ALTER TABLE sheets ADD COLUMN twin_ok INTEGER NOT NULL DEFAULT 0 CHECK (twin_ok IN (0, 1));
ALTER TABLE sheets ADD COLUMN stays INTEGER NOT NULL DEFAULT 0 CHECK (stays IN (0, 1));
-- A sheet that nobody faxed: what was said by telephone or on a visit.
ALTER TABLE sheets ADD COLUMN told_by TEXT NOT NULL DEFAULT '';
ALTER TABLE sheets ADD COLUMN told_how TEXT NOT NULL DEFAULT '' CHECK (told_how IN ('', 'phone', 'visit', 'letter'));
ALTER TABLE sheets ADD COLUMN told_at TEXT NOT NULL DEFAULT '';

-- How a sheet is found. Written by the program with the fields (folded keys) and by triggers (state), never by hand.
CREATE TABLE desk_sheets (
    sheet_id    INTEGER PRIMARY KEY REFERENCES sheets (id) ON DELETE CASCADE,
    office_id   TEXT NOT NULL REFERENCES offices (id),
    case_number TEXT,
    received    TEXT NOT NULL,
    form        TEXT NOT NULL,
    source      TEXT NOT NULL,
    state       TEXT NOT NULL,
    closed      TEXT NOT NULL,
    open        INTEGER NOT NULL CHECK (open IN (0, 1)),
    urgent      INTEGER NOT NULL,
    ward        TEXT NOT NULL,
    twin        INTEGER,
    same        TEXT NOT NULL,
    name        TEXT NOT NULL,
    kana        TEXT NOT NULL,
    birth       TEXT NOT NULL,
    from_name   TEXT NOT NULL,
    to_name     TEXT NOT NULL,
    name_key    TEXT NOT NULL,
    kana_key    TEXT NOT NULL,
    places_key  TEXT NOT NULL
) STRICT;
CREATE INDEX desk_sheets_open ON desk_sheets (urgent DESC, received, sheet_id, office_id) WHERE open = 1;
CREATE INDEX desk_sheets_name ON desk_sheets (name_key);
CREATE INDEX desk_sheets_kana ON desk_sheets (kana_key);
CREATE INDEX desk_sheets_birth ON desk_sheets (birth, sheet_id);
CREATE INDEX desk_sheets_case ON desk_sheets (case_number, sheet_id);
CREATE INDEX desk_sheets_same ON desk_sheets (office_id, same, sheet_id) WHERE same <> '';
CREATE INDEX desk_sheets_received ON desk_sheets (office_id, received);

CREATE TABLE desk_grams (
    gram     TEXT NOT NULL,
    sheet_id INTEGER NOT NULL REFERENCES desk_sheets (sheet_id) ON DELETE CASCADE,
    PRIMARY KEY (gram, sheet_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX desk_grams_sheet ON desk_grams (sheet_id);

-- The patient of a case as its newest sheet with a name says, for lists by kana.
CREATE TABLE desk_cases (
    case_number TEXT PRIMARY KEY REFERENCES cases (number) ON DELETE CASCADE,
    office_id   TEXT NOT NULL REFERENCES offices (id),
    sheet_id    INTEGER NOT NULL,
    opened      TEXT NOT NULL,
    name        TEXT NOT NULL,
    kana        TEXT NOT NULL,
    birth       TEXT NOT NULL,
    sort_key    TEXT NOT NULL,
    merged      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX desk_cases_kana ON desk_cases (office_id, sort_key, case_number);
CREATE INDEX cases_opened ON cases (office_id, opened);

CREATE TABLE desk_state (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL) STRICT;
INSERT INTO desk_state (one, version) VALUES (1, 0);

CREATE TRIGGER sheets_desk AFTER UPDATE OF state, case_number, closed, office_id ON sheets
BEGIN
    UPDATE desk_sheets SET state = new.state, case_number = new.case_number, closed = new.closed, office_id = new.office_id,
        open = new.closed = '' AND (new.state <> 'confirmed' OR new.case_number IS NULL)
    WHERE sheet_id = new.id;
END;

-- A case that turned out to be another one's.
ALTER TABLE cases ADD COLUMN merged_into TEXT REFERENCES cases (number);
ALTER TABLE cases ADD COLUMN merged_at TEXT NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN merged_by TEXT NOT NULL DEFAULT '';
CREATE INDEX cases_merged ON cases (merged_into) WHERE merged_into IS NOT NULL;

ALTER TABLE todos ADD COLUMN due TEXT NOT NULL DEFAULT ''; -- a day in Japan, or ''
ALTER TABLE todos ADD COLUMN assigned TEXT NOT NULL DEFAULT '';
CREATE INDEX todos_due ON todos (office_id, due, id) WHERE done = '';
CREATE TABLE todo_results (
    id      INTEGER PRIMARY KEY,
    todo_id INTEGER NOT NULL REFERENCES todos (id),
    at      TEXT NOT NULL,
    by      TEXT NOT NULL CHECK (by <> ''),
    result  TEXT NOT NULL CHECK (result IN ('done', 'no_answer', 'passed_on', 'reopened')),
    whom    TEXT NOT NULL,
    at_what TEXT NOT NULL, -- when it was done, as the person said
    again   TEXT NOT NULL,
    note    TEXT NOT NULL
) STRICT;
CREATE INDEX todo_results_todo ON todo_results (todo_id, id);
CREATE TRIGGER todo_results_update BEFORE UPDATE ON todo_results
BEGIN SELECT RAISE (ABORT, 'results are added, never changed'); END;

-- A notice that a person took on paper or by telephone: its state is "sent", and this is who.
ALTER TABLE notices ADD COLUMN by_hand TEXT NOT NULL DEFAULT '';
CREATE INDEX notices_state ON notices (office_id, state, id);
CREATE INDEX notices_case ON notices (case_number) WHERE case_number IS NOT NULL;
