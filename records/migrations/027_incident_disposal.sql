-- An incident that is about no case is kept and goes by itself: its own kind in holds, in lists of disposal and while it is purged.
CREATE TEMP TABLE holds_before AS SELECT * FROM legal_holds;
DROP TABLE legal_holds;
CREATE TABLE legal_holds (
    id         INTEGER PRIMARY KEY,
    office_id  TEXT NOT NULL REFERENCES offices (id),
    kind       TEXT NOT NULL CHECK (kind IN ('case', 'document', 'incident')),
    subject    TEXT NOT NULL CHECK (subject <> ''),
    placed     TEXT NOT NULL,
    placed_by  TEXT NOT NULL CHECK (placed_by <> ''),
    why        TEXT NOT NULL CHECK (why <> ''),
    lifted     TEXT NOT NULL DEFAULT '',
    lifted_by  TEXT NOT NULL DEFAULT '' CHECK ((lifted = '') = (lifted_by = '')),
    lifted_why TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO legal_holds SELECT * FROM holds_before;
DROP TABLE holds_before;
CREATE UNIQUE INDEX legal_holds_last ON legal_holds (kind, subject) WHERE lifted = '';

CREATE TEMP TABLE items_before AS SELECT * FROM disposal_items;
DROP TABLE disposal_items;
CREATE TABLE disposal_items (
    id          INTEGER PRIMARY KEY,
    disposal_id INTEGER NOT NULL REFERENCES disposals (id),
    office_id   TEXT NOT NULL REFERENCES offices (id),
    kind        TEXT NOT NULL CHECK (kind IN ('case', 'document', 'incident')),
    subject     TEXT NOT NULL,
    kept_until  TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('listed', 'purged', 'left')),
    reason      TEXT NOT NULL DEFAULT '',
    at          TEXT NOT NULL DEFAULT '',
    counts      TEXT NOT NULL DEFAULT '',
    digest      TEXT NOT NULL DEFAULT '',
    UNIQUE (disposal_id, kind, subject)
) STRICT;
INSERT INTO disposal_items SELECT * FROM items_before;
DROP TABLE items_before;
CREATE UNIQUE INDEX disposal_items_open ON disposal_items (kind, subject) WHERE state = 'listed';
CREATE TRIGGER disposal_items_delete BEFORE DELETE ON disposal_items
WHEN NOT EXISTS (SELECT 1 FROM purging WHERE kind = 'office' AND id = old.office_id)
BEGIN SELECT RAISE (ABORT, 'a list of disposal stays'); END;
CREATE TRIGGER disposal_items_done BEFORE UPDATE ON disposal_items WHEN old.state = 'purged'
BEGIN SELECT RAISE (ABORT, 'a certificate never changes'); END;

DROP TABLE purging;
CREATE TABLE purging (
    kind TEXT NOT NULL CHECK (kind IN ('case', 'sheet', 'page', 'document', 'notice', 'todo', 'file', 'office', 'incident')),
    id   ANY NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
DROP TRIGGER incident_entries_delete;
CREATE TRIGGER incident_entries_delete BEFORE DELETE ON incident_entries
WHEN NOT EXISTS (SELECT 1 FROM purging
    WHERE (kind = 'incident' AND id = old.incident_id) OR (kind = 'office' AND id = old.office_id))
BEGIN SELECT RAISE (ABORT, 'what was noted of an incident never changes'); END;

CREATE INDEX incidents_closed ON incidents (closed, office_id) WHERE case_number IS NULL AND closed <> '';
