-- Patient data reached, or may have reached, somebody who may not have it. The clocks of the law start when the office knew.
CREATE TABLE incidents (
    id          INTEGER PRIMARY KEY,
    office_id   TEXT NOT NULL REFERENCES offices (id),
    kind        TEXT NOT NULL CHECK (kind IN ('mis_sent', 'lost', 'stolen', 'seen', 'other')),
    notice_id   TEXT REFERENCES notices (id),
    case_number TEXT REFERENCES cases (number),
    known       TEXT NOT NULL,
    malicious   INTEGER NOT NULL DEFAULT 0 CHECK (malicious IN (0, 1)),
    opened      TEXT NOT NULL,
    opened_by   TEXT NOT NULL CHECK (opened_by <> ''),
    state       TEXT NOT NULL CHECK (state IN ('open', 'no_leak', 'reported')),
    closed      TEXT NOT NULL DEFAULT '' CHECK ((state = 'open') = (closed = '')),
    closed_by   TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX incidents_open ON incidents (office_id, id) WHERE state = 'open';
CREATE INDEX incidents_case ON incidents (case_number) WHERE case_number IS NOT NULL;

-- What was found out and done, only ever added to; the newest word on a fact stands.
CREATE TABLE incident_entries (
    id          INTEGER PRIMARY KEY,
    incident_id INTEGER NOT NULL REFERENCES incidents (id),
    office_id   TEXT NOT NULL REFERENCES offices (id),
    what        TEXT NOT NULL CHECK (what <> ''),
    text        TEXT NOT NULL,
    done        TEXT NOT NULL, -- when it was done or happened, as the person says
    at          TEXT NOT NULL,
    by          TEXT NOT NULL CHECK (by <> '')
) STRICT;
CREATE INDEX incident_entries_incident ON incident_entries (incident_id, id);
CREATE TRIGGER incident_entries_update BEFORE UPDATE ON incident_entries
BEGIN SELECT RAISE (ABORT, 'what was noted of an incident never changes'); END;
CREATE TRIGGER incident_entries_delete BEFORE DELETE ON incident_entries
WHEN NOT EXISTS (SELECT 1 FROM purging p JOIN incidents i ON p.id = i.case_number WHERE p.kind = 'case' AND i.id = old.incident_id)
BEGIN SELECT RAISE (ABORT, 'what was noted of an incident never changes'); END;
