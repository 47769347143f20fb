-- What makes an event of a sheet the same event when it is faxed again; key is a hash.
CREATE TABLE sheet_events (
    sheet_id  INTEGER NOT NULL REFERENCES sheets (id),
    office_id TEXT NOT NULL REFERENCES offices (id),
    event     TEXT NOT NULL CHECK (event <> ''),
    basis     TEXT NOT NULL CHECK (basis <> ''),
    key       TEXT NOT NULL,
    at        TEXT NOT NULL,
    PRIMARY KEY (sheet_id, event, basis)
) STRICT;
CREATE INDEX sheet_events_key ON sheet_events (office_id, event, basis, key);
