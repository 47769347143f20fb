-- What may not go, however old it is.
CREATE TABLE legal_holds (
    id         INTEGER PRIMARY KEY,
    office_id  TEXT NOT NULL REFERENCES offices (id),
    kind       TEXT NOT NULL CHECK (kind IN ('case', 'document')),
    subject    TEXT NOT NULL CHECK (subject <> ''),
    placed     TEXT NOT NULL,
    placed_by  TEXT NOT NULL CHECK (placed_by <> ''),
    why        TEXT NOT NULL CHECK (why <> ''),
    lifted     TEXT NOT NULL DEFAULT '',
    lifted_by  TEXT NOT NULL DEFAULT '' CHECK ((lifted = '') = (lifted_by = '')),
    lifted_why TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX legal_holds_last ON legal_holds (kind, subject) WHERE lifted = '';

-- A list of what shall go: one person's proposal, another's decision, and the certificate of what was done. It names cases and
-- documents by number and nothing of a patient, and it stays.
CREATE TABLE disposals (
    id            INTEGER PRIMARY KEY,
    office_id     TEXT NOT NULL REFERENCES offices (id),
    state         TEXT NOT NULL CHECK (state IN ('proposed', 'approved', 'refused', 'done')),
    due_by        TEXT NOT NULL,
    proposed      TEXT NOT NULL,
    proposed_by   TEXT NOT NULL CHECK (proposed_by <> ''),
    decided       TEXT NOT NULL DEFAULT '',
    decided_by    TEXT NOT NULL DEFAULT '' CHECK (decided_by <> proposed_by),
    decided_why   TEXT NOT NULL DEFAULT '',
    started       TEXT NOT NULL DEFAULT '',
    finished      TEXT NOT NULL DEFAULT '',
    finished_by   TEXT NOT NULL DEFAULT '',
    certificate   TEXT NOT NULL DEFAULT '',
    CHECK ((state = 'proposed') = (decided = '') AND (state = 'done') = (certificate <> ''))
) STRICT;
CREATE INDEX disposals_office ON disposals (office_id, id);

CREATE TABLE disposal_items (
    id          INTEGER PRIMARY KEY,
    disposal_id INTEGER NOT NULL REFERENCES disposals (id),
    office_id   TEXT NOT NULL REFERENCES offices (id),
    kind        TEXT NOT NULL CHECK (kind IN ('case', 'document')),
    subject     TEXT NOT NULL,
    kept_until  TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('listed', 'purged', 'left')),
    reason      TEXT NOT NULL DEFAULT '',
    at          TEXT NOT NULL DEFAULT '',
    counts      TEXT NOT NULL DEFAULT '',
    digest      TEXT NOT NULL DEFAULT '',
    UNIQUE (disposal_id, kind, subject)
) STRICT;
-- In one open list at a time.
CREATE UNIQUE INDEX disposal_items_open ON disposal_items (kind, subject) WHERE state = 'listed';

CREATE TRIGGER disposals_delete BEFORE DELETE ON disposals
BEGIN SELECT RAISE (ABORT, 'a list of disposal stays'); END;
CREATE TRIGGER disposals_done BEFORE UPDATE ON disposals WHEN old.state IN ('refused', 'done')
BEGIN SELECT RAISE (ABORT, 'a certificate never changes'); END;
CREATE TRIGGER disposal_items_delete BEFORE DELETE ON disposal_items
BEGIN SELECT RAISE (ABORT, 'a list of disposal stays'); END;
CREATE TRIGGER disposal_items_done BEFORE UPDATE ON disposal_items WHEN old.state = 'purged'
BEGIN SELECT RAISE (ABORT, 'a certificate never changes'); END;

-- What is being purged in this transaction; empty at every other moment. What may never be deleted may be only while it, or what it
-- belongs to, stands here.
CREATE TABLE purging (
    kind TEXT NOT NULL CHECK (kind IN ('case', 'sheet', 'page', 'document', 'notice', 'todo', 'file')),
    id   ANY NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
-- Files of the archive whose records are gone and that are still to be removed.
CREATE TABLE purge_files (
    sha256    TEXT PRIMARY KEY CHECK (length(sha256) = 64),
    office_id TEXT NOT NULL REFERENCES offices (id)
) STRICT, WITHOUT ROWID;

DROP TRIGGER field_history_delete;
CREATE TRIGGER field_history_delete BEFORE DELETE ON field_history
WHEN NOT EXISTS (SELECT 1 FROM purging p JOIN fields f ON f.sheet_id = p.id WHERE p.kind = 'sheet' AND f.id = old.field_id)
BEGIN SELECT RAISE (ABORT, 'history never changes'); END;
CREATE TRIGGER consents_delete BEFORE DELETE ON consents
WHEN NOT EXISTS (SELECT 1 FROM purging WHERE kind = 'case' AND id = old.case_number)
BEGIN SELECT RAISE (ABORT, 'consents are added, never changed'); END;
CREATE TRIGGER todo_results_delete BEFORE DELETE ON todo_results
WHEN NOT EXISTS (SELECT 1 FROM purging WHERE kind = 'todo' AND id = old.todo_id)
BEGIN SELECT RAISE (ABORT, 'results are added, never changed'); END;
DROP TRIGGER contacts_stay;
CREATE TRIGGER contacts_stay BEFORE UPDATE OF office_id, day, counterpart, kind, case_number, minutes, text, source, replaces, by, at
ON contacts WHEN NOT EXISTS (SELECT 1 FROM purging WHERE kind = 'case')
BEGIN SELECT RAISE (ABORT, 'an entry is replaced, never changed'); END;
DROP TRIGGER contacts_ended;
CREATE TRIGGER contacts_ended BEFORE UPDATE ON contacts
WHEN old.ended <> '' AND NOT EXISTS (SELECT 1 FROM purging WHERE kind = 'case')
BEGIN SELECT RAISE (ABORT, 'what has ended stays so'); END;

-- Every file of the archive that a record names. Whoever adds a table that names one makes this view anew.
CREATE VIEW blob_names AS
    SELECT sha256 FROM documents
    UNION ALL SELECT image FROM pages WHERE image <> '' UNION ALL SELECT crops FROM pages WHERE crops <> ''
    UNION ALL SELECT image FROM rereads WHERE image <> '' UNION ALL SELECT crops FROM rereads WHERE crops <> '';

-- What a case and a document are found by, for disposal.
CREATE INDEX documents_twins ON documents (duplicate_of) WHERE duplicate_of IS NOT NULL;
CREATE INDEX documents_parts ON documents (came_from) WHERE came_from IS NOT NULL;
CREATE INDEX sheets_proposed ON sheets (proposed_case) WHERE proposed_case IS NOT NULL;
CREATE INDEX case_events_sheet ON case_events (sheet_id) WHERE sheet_id IS NOT NULL;
CREATE INDEX notices_document ON notices (document) WHERE document <> '';
CREATE INDEX todos_case ON todos (case_number) WHERE case_number IS NOT NULL;
CREATE INDEX todos_sheet ON todos (sheet_id) WHERE sheet_id IS NOT NULL;
CREATE INDEX todos_document ON todos (document) WHERE document <> '';
CREATE INDEX contacts_replaces ON contacts (replaces) WHERE replaces IS NOT NULL;
CREATE INDEX rereads_page ON rereads (page_id);
