-- What a case waits for, as its sheets say; worked out anew whenever a sheet of it changes.
CREATE TABLE waits (
    case_number TEXT PRIMARY KEY REFERENCES cases (number),
    office_id   TEXT NOT NULL REFERENCES offices (id),
    state       TEXT NOT NULL CHECK (state IN ('none', 'waiting', 'look', 'stuck', 'no_consent', 'closed')),
    hospital    TEXT NOT NULL,
    recipient   TEXT NOT NULL,
    since       TEXT NOT NULL,
    ask_on      TEXT NOT NULL,
    moved       INTEGER NOT NULL CHECK (moved IN (0, 1)),
    sheet_id    INTEGER REFERENCES sheets (id)
) STRICT;
CREATE INDEX waits_due ON waits (ask_on, office_id) WHERE state = 'waiting';
CREATE INDEX waits_age ON waits (since, office_id) WHERE state NOT IN ('none', 'closed');

-- One page that asks one hospital after one patient.
CREATE TABLE inquiries (
    id          INTEGER PRIMARY KEY,
    office_id   TEXT NOT NULL REFERENCES offices (id),
    case_number TEXT NOT NULL REFERENCES cases (number),
    hospital    TEXT NOT NULL,
    recipient   TEXT NOT NULL,
    since       TEXT NOT NULL,
    round       INTEGER NOT NULL CHECK (round > 0),
    state       TEXT NOT NULL CHECK (state IN ('held', 'planned', 'calling', 'asked', 'overdue', 'answered', 'cancelled', 'failed')),
    day         TEXT NOT NULL,
    due         TEXT NOT NULL DEFAULT '',
    call        TEXT REFERENCES notices (id),
    created     TEXT NOT NULL,
    by          TEXT NOT NULL CHECK (by <> ''),
    ended       TEXT NOT NULL DEFAULT '',
    ended_by    TEXT NOT NULL DEFAULT '',
    why         TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX inquiries_open ON inquiries (case_number) WHERE state IN ('held', 'planned', 'calling', 'asked');
CREATE INDEX inquiries_case ON inquiries (case_number, id);
CREATE INDEX inquiries_call ON inquiries (call) WHERE call IS NOT NULL;
CREATE INDEX inquiries_state ON inquiries (state, recipient) WHERE state IN ('planned', 'calling', 'asked');

-- Pages behind the words of a fax, as it last left.
ALTER TABLE notices ADD COLUMN enclosed INTEGER NOT NULL DEFAULT 0;
