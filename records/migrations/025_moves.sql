-- An office that moves to another site (records/moving.h): what was exported and imported, until when it is this site's, and by which
-- certificate it went. Sheets that the former site printed keep their codes; the former chain's numbers and hashes stay beside the entries.
CREATE TABLE moves (
    id          INTEGER PRIMARY KEY,
    office_id   TEXT NOT NULL REFERENCES offices (id),
    kind        TEXT NOT NULL CHECK (kind IN ('export', 'import')),
    state       TEXT NOT NULL CHECK (state IN ('leaving', 'stayed', 'deleted', 'returned', 'arrived')),
    started     TEXT NOT NULL,
    started_by  TEXT NOT NULL CHECK (started_by <> ''),
    digest      TEXT NOT NULL DEFAULT '', -- of the archive's manifest; '' = it was not written to the end
    receipt_key TEXT NOT NULL DEFAULT '', -- export: what a receipt is signed with
    content     TEXT NOT NULL DEFAULT '', -- JSON: rows and SHA-256 of each table, documents of the spool
    asked_by    TEXT NOT NULL DEFAULT '', -- deletion without a receipt: the first of two people
    asked_why   TEXT NOT NULL DEFAULT '',
    ended       TEXT NOT NULL DEFAULT '',
    ended_by    TEXT NOT NULL DEFAULT '',
    certificate TEXT NOT NULL DEFAULT '' CHECK ((certificate <> '') <= (state IN ('deleted', 'returned', 'arrived')))
) STRICT;
CREATE UNIQUE INDEX moves_gone ON moves (office_id) WHERE kind = 'export' AND state IN ('leaving', 'deleted');
CREATE TRIGGER moves_delete BEFORE DELETE ON moves
BEGIN SELECT RAISE (ABORT, 'that an office moved stays in the records'); END;

-- From the export on nothing is sent, asked or recorded here for the office.
CREATE VIEW offices_gone AS SELECT office_id FROM moves WHERE kind = 'export' AND state IN ('leaving', 'deleted');

CREATE TABLE moved_codes (
    code        TEXT PRIMARY KEY CHECK (code <> ''),
    office_id   TEXT NOT NULL REFERENCES offices (id),
    case_number TEXT NOT NULL REFERENCES cases (number)
) STRICT, WITHOUT ROWID;
CREATE INDEX moved_codes_case ON moved_codes (case_number);

CREATE TABLE audit_moved (
    seq       INTEGER PRIMARY KEY REFERENCES audit (seq),
    old_seq   INTEGER NOT NULL,
    object    TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash      TEXT NOT NULL,
    key_id    TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_moved_update BEFORE UPDATE ON audit_moved
BEGIN SELECT RAISE (ABORT, 'the audit chain is added to, never changed'); END;
CREATE TRIGGER audit_moved_delete BEFORE DELETE ON audit_moved
BEGIN SELECT RAISE (ABORT, 'the audit chain is added to, never changed'); END;

-- A whole office goes as well: what is never deleted otherwise is deleted with it.
DROP TABLE purging;
CREATE TABLE purging (
    kind TEXT NOT NULL CHECK (kind IN ('case', 'sheet', 'page', 'document', 'notice', 'todo', 'file', 'office')),
    id   ANY NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

DROP TRIGGER field_history_delete;
CREATE TRIGGER field_history_delete BEFORE DELETE ON field_history
WHEN NOT EXISTS (SELECT 1 FROM purging p JOIN fields f ON f.sheet_id = p.id WHERE p.kind = 'sheet' AND f.id = old.field_id)
    AND NOT EXISTS (SELECT 1 FROM purging p JOIN sheets s ON s.office_id = p.id JOIN fields f ON f.sheet_id = s.id
        WHERE p.kind = 'office' AND f.id = old.field_id)
BEGIN SELECT RAISE (ABORT, 'history never changes'); END;
DROP TRIGGER consents_delete;
CREATE TRIGGER consents_delete BEFORE DELETE ON consents
WHEN NOT EXISTS (SELECT 1 FROM purging WHERE (kind = 'case' AND id = old.case_number) OR (kind = 'office' AND id = old.office_id))
BEGIN SELECT RAISE (ABORT, 'consents are added, never changed'); END;
DROP TRIGGER todo_results_delete;
CREATE TRIGGER todo_results_delete BEFORE DELETE ON todo_results
WHEN NOT EXISTS (SELECT 1 FROM purging WHERE kind = 'todo' AND id = old.todo_id)
    AND NOT EXISTS (SELECT 1 FROM purging p JOIN todos t ON t.office_id = p.id WHERE p.kind = 'office' AND t.id = old.todo_id)
BEGIN SELECT RAISE (ABORT, 'results are added, never changed'); END;
DROP TRIGGER incident_entries_delete;
CREATE TRIGGER incident_entries_delete BEFORE DELETE ON incident_entries
WHEN NOT EXISTS (SELECT 1 FROM purging p JOIN incidents i ON p.id = i.case_number WHERE p.kind = 'case' AND i.id = old.incident_id)
    AND NOT EXISTS (SELECT 1 FROM purging WHERE kind = 'office' AND id = old.office_id)
BEGIN SELECT RAISE (ABORT, 'what was noted of an incident never changes'); END;
DROP TRIGGER difficult_delete;
CREATE TRIGGER difficult_delete BEFORE DELETE ON difficult
WHEN NOT EXISTS (SELECT 1 FROM purging WHERE (kind = 'case' AND id = old.case_number) OR (kind = 'office' AND id = old.office_id))
BEGIN SELECT RAISE (ABORT, 'what was told stays in the records'); END;
DROP TRIGGER reports_kept;
CREATE TRIGGER reports_kept BEFORE DELETE ON reports
WHEN old.state <> 'draft' AND NOT EXISTS (SELECT 1 FROM purging WHERE kind = 'office' AND id = old.office_id)
BEGIN SELECT RAISE (ABORT, 'an approved report is kept'); END;
DROP TRIGGER disposals_delete;
CREATE TRIGGER disposals_delete BEFORE DELETE ON disposals
WHEN NOT EXISTS (SELECT 1 FROM purging WHERE kind = 'office' AND id = old.office_id)
BEGIN SELECT RAISE (ABORT, 'a list of disposal stays'); END;
DROP TRIGGER disposal_items_delete;
CREATE TRIGGER disposal_items_delete BEFORE DELETE ON disposal_items
WHEN NOT EXISTS (SELECT 1 FROM purging WHERE kind = 'office' AND id = old.office_id)
BEGIN SELECT RAISE (ABORT, 'a list of disposal stays'); END;
