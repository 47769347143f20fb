-- Facilities are a scope of their own, a "no" is kept like a "yes", and whoever said so beside the patient is named.
CREATE TABLE consents_018 (
    id          INTEGER PRIMARY KEY,
    office_id   TEXT NOT NULL REFERENCES offices (id),
    case_number TEXT NOT NULL REFERENCES cases (number),
    scope       TEXT NOT NULL CHECK (scope IN ('medical', 'care', 'facility', 'ward_office')),
    state       TEXT NOT NULL CHECK (state IN ('recorded', 'withdrawn', 'refused')),
    giver       TEXT NOT NULL,
    how         TEXT NOT NULL,
    by          TEXT NOT NULL CHECK (by <> ''),
    at          TEXT NOT NULL,
    note        TEXT NOT NULL,
    told_by     TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO consents_018 (id, office_id, case_number, scope, state, giver, how, by, at, note)
SELECT id, office_id, case_number, scope, state, giver, how, by, at, note FROM consents;
DROP TABLE consents;
ALTER TABLE consents_018 RENAME TO consents;
CREATE INDEX consents_case ON consents (case_number, scope, id);
CREATE TRIGGER consents_update BEFORE UPDATE ON consents
BEGIN SELECT RAISE (ABORT, 'consents are added, never changed'); END;
CREATE TRIGGER consents_delete BEFORE DELETE ON consents
WHEN NOT EXISTS (SELECT 1 FROM purging WHERE kind = 'case' AND id = old.case_number)
BEGIN SELECT RAISE (ABORT, 'consents are added, never changed'); END;
