-- Reports as they were counted, approved and sent. What was approved never changes; counting again makes a new version.
CREATE TABLE reports (
    id          INTEGER PRIMARY KEY,
    office_id   TEXT NOT NULL REFERENCES offices (id),
    layout      TEXT NOT NULL CHECK (layout <> ''),
    form        TEXT NOT NULL, -- number of the 様式, or ''
    title       TEXT NOT NULL,
    first       TEXT NOT NULL CHECK (length(first) = 10),
    last        TEXT NOT NULL CHECK (length(last) = 10 AND last >= first),
    version     INTEGER NOT NULL CHECK (version > 0),
    state       TEXT NOT NULL CHECK (state IN ('draft', 'approved', 'sent')),
    content     TEXT NOT NULL,
    made        TEXT NOT NULL,
    made_by     TEXT NOT NULL CHECK (made_by <> ''),
    approved    TEXT NOT NULL DEFAULT '',
    approved_by TEXT NOT NULL DEFAULT '' CHECK ((state = 'draft') = (approved_by = '')),
    UNIQUE (office_id, layout, first, version)
) STRICT;
CREATE INDEX reports_office ON reports (office_id, first, layout);
CREATE TABLE report_sendings (
    report_id INTEGER NOT NULL REFERENCES reports (id),
    office_id TEXT NOT NULL REFERENCES offices (id),
    way       TEXT NOT NULL CHECK (way IN ('email', 'post', 'hand')),
    day       TEXT NOT NULL CHECK (length(day) = 10),
    by        TEXT NOT NULL CHECK (by <> ''),
    at        TEXT NOT NULL,
    PRIMARY KEY (report_id, way)
) STRICT;
CREATE TRIGGER reports_same BEFORE UPDATE OF office_id, layout, first, last, version ON reports
BEGIN SELECT RAISE (ABORT, 'a report stays what it is about'); END;
CREATE TRIGGER reports_frozen BEFORE UPDATE OF form, title, content, made, made_by, approved, approved_by ON reports
WHEN old.state <> 'draft' BEGIN SELECT RAISE (ABORT, 'an approved report never changes'); END;
CREATE TRIGGER reports_back BEFORE UPDATE OF state ON reports WHEN new.state = 'draft' AND old.state <> 'draft'
BEGIN SELECT RAISE (ABORT, 'an approved report never changes'); END;
CREATE TRIGGER reports_kept BEFORE DELETE ON reports WHEN old.state <> 'draft'
BEGIN SELECT RAISE (ABORT, 'an approved report is kept'); END;
-- 様式3 and 様式4 hold counts only and may go by e-mail; every other 様式 goes by post or by hand.
CREATE TRIGGER report_sendings_email BEFORE INSERT ON report_sendings
WHEN new.way = 'email' AND (SELECT form FROM reports WHERE id = new.report_id) NOT IN ('3', '4')
BEGIN SELECT RAISE (ABORT, 'only 様式3 and 様式4 may be mailed'); END;
CREATE TRIGGER report_sendings_approved BEFORE INSERT ON report_sendings
WHEN (SELECT state FROM reports WHERE id = new.report_id) = 'draft'
BEGIN SELECT RAISE (ABORT, 'a report that is not approved is not sent'); END;
