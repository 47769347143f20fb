-- 支援が難しい事例: the one way in which a ward office sees a patient's data. What is told is frozen when a second person releases it.
CREATE TABLE difficult (
    id             INTEGER PRIMARY KEY,
    office_id      TEXT NOT NULL REFERENCES offices (id),
    case_number    TEXT NOT NULL REFERENCES cases (number),
    state          TEXT NOT NULL CHECK (state IN ('proposed', 'released', 'told', 'read', 'refused', 'ended')),
    why            TEXT NOT NULL CHECK (why <> ''),
    fields         TEXT NOT NULL CHECK (fields <> ''), -- ids of the sheet's fields, joined by a comma
    institution_id INTEGER NOT NULL REFERENCES institutions (id),
    desk           TEXT NOT NULL CHECK (desk <> ''), -- the named 窓口
    way            TEXT NOT NULL CHECK (way IN ('fax', 'hand', 'viewer')),
    account        TEXT NOT NULL DEFAULT '' CHECK ((way = 'viewer') = (account <> '')),
    until          TEXT NOT NULL DEFAULT '' CHECK ((way = 'viewer') = (until <> '')),
    words          TEXT NOT NULL DEFAULT '',
    notice         TEXT NOT NULL DEFAULT '',
    proposed       TEXT NOT NULL,
    proposed_by    TEXT NOT NULL CHECK (proposed_by <> ''),
    decided        TEXT NOT NULL DEFAULT '',
    decided_by     TEXT NOT NULL DEFAULT '' CHECK (decided_by <> proposed_by),
    decided_why    TEXT NOT NULL DEFAULT '',
    read_at        TEXT NOT NULL DEFAULT '',
    read_by        TEXT NOT NULL DEFAULT '',
    read_how       TEXT NOT NULL DEFAULT '',
    CHECK ((state = 'proposed') = (decided = ''))
) STRICT;
CREATE INDEX difficult_case ON difficult (case_number);
CREATE INDEX difficult_office ON difficult (office_id, state);
CREATE UNIQUE INDEX difficult_open ON difficult (case_number) WHERE state = 'proposed';
CREATE TRIGGER difficult_frozen BEFORE UPDATE OF case_number, why, fields, institution_id, desk, way, account, until, words ON difficult
WHEN old.state <> 'proposed'
BEGIN SELECT RAISE (ABORT, 'what was released never changes'); END;
CREATE TRIGGER difficult_delete BEFORE DELETE ON difficult
WHEN NOT EXISTS (SELECT 1 FROM purging WHERE kind = 'case' AND id = old.case_number)
BEGIN SELECT RAISE (ABORT, 'what was told stays in the records'); END;
