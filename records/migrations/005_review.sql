-- Who has a sheet on the screen.
CREATE TABLE claims (
    sheet_id  INTEGER PRIMARY KEY REFERENCES sheets (id),
    office_id TEXT NOT NULL REFERENCES offices (id),
    by        TEXT NOT NULL CHECK (by <> ''),
    since     TEXT NOT NULL,
    seen      TEXT NOT NULL
) STRICT;
CREATE INDEX claims_office ON claims (office_id, seen);

-- A field that the form of the sheet no longer has, since a person chose another form for it: its row stays for its history.
ALTER TABLE fields ADD COLUMN off_form INTEGER NOT NULL DEFAULT 0 CHECK (off_form IN (0, 1));

-- Pages that a person, or a change of forms or reader, wants read again: asked for, read, and then taken or not by a person.
CREATE TABLE rereads (
    id          INTEGER PRIMARY KEY,
    office_id   TEXT NOT NULL REFERENCES offices (id),
    page_id     INTEGER NOT NULL REFERENCES pages (id),
    form        TEXT NOT NULL,                -- '' = whichever it is found to be
    edition     TEXT NOT NULL,
    asked       TEXT NOT NULL,
    asked_by    TEXT NOT NULL CHECK (asked_by <> ''),
    state       TEXT NOT NULL CHECK (state IN ('asked', 'read', 'failed', 'taken', 'dropped')),
    reason      TEXT NOT NULL DEFAULT '',
    attempts    INTEGER NOT NULL DEFAULT 0,
    reading     TEXT NOT NULL DEFAULT '',     -- JSON of forms/reading.h
    image       TEXT NOT NULL DEFAULT '',
    crops       TEXT NOT NULL DEFAULT '',
    reader      TEXT NOT NULL DEFAULT '',
    weights     TEXT NOT NULL DEFAULT '',
    calibration TEXT NOT NULL DEFAULT '',
    finished    TEXT NOT NULL DEFAULT '',
    decided_by  TEXT NOT NULL DEFAULT '',
    decided     TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX rereads_state ON rereads (state, id);
CREATE UNIQUE INDEX rereads_open ON rereads (page_id) WHERE state IN ('asked', 'read');
