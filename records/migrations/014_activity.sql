-- What the office did, for whom and with whom; people enter it and reports count it. A correction is a new row, the old one stays
-- with the moment at which it ceased to count.
CREATE TABLE contacts (
    id          INTEGER PRIMARY KEY,
    office_id   TEXT NOT NULL REFERENCES offices (id),
    day         TEXT NOT NULL CHECK (length(day) = 10),
    counterpart TEXT NOT NULL CHECK (counterpart <> ''),
    kind        TEXT NOT NULL CHECK (kind IN ('consultation', 'coordination', 'outside')),
    case_number TEXT REFERENCES cases (number),
    minutes     INTEGER NOT NULL CHECK (minutes BETWEEN 0 AND 1440),
    text        TEXT NOT NULL,
    source      TEXT NOT NULL, -- 'todo:12', 'notice:…': what proposed it; '' = by hand
    replaces    INTEGER REFERENCES contacts (id),
    by          TEXT NOT NULL CHECK (by <> ''),
    at          TEXT NOT NULL,
    ended       TEXT NOT NULL DEFAULT '',
    ended_by    TEXT NOT NULL DEFAULT '',
    why         TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX contacts_day ON contacts (day, office_id) WHERE ended = '';
CREATE INDEX contacts_case ON contacts (case_number) WHERE case_number IS NOT NULL;
CREATE UNIQUE INDEX contacts_source ON contacts (office_id, source) WHERE source <> '' AND ended = '';

CREATE TABLE gatherings (
    id           INTEGER PRIMARY KEY,
    office_id    TEXT NOT NULL REFERENCES offices (id),
    day          TEXT NOT NULL CHECK (length(day) = 10),
    form         TEXT NOT NULL CHECK (form IN ('meeting', 'training')),
    host         TEXT NOT NULL CHECK (host IN ('city_ward', 'related')),
    care_meeting INTEGER NOT NULL CHECK (care_meeting IN (0, 1)),
    minutes      INTEGER NOT NULL CHECK (minutes BETWEEN 0 AND 1440),
    text         TEXT NOT NULL,
    replaces     INTEGER REFERENCES gatherings (id),
    by           TEXT NOT NULL CHECK (by <> ''),
    at           TEXT NOT NULL,
    ended        TEXT NOT NULL DEFAULT '',
    ended_by     TEXT NOT NULL DEFAULT '',
    why          TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX gatherings_day ON gatherings (day, office_id) WHERE ended = '';

CREATE TRIGGER contacts_stay BEFORE UPDATE OF office_id, day, counterpart, kind, case_number, minutes, text, source, replaces, by, at
ON contacts BEGIN SELECT RAISE (ABORT, 'an entry is replaced, never changed'); END;
CREATE TRIGGER contacts_ended BEFORE UPDATE ON contacts WHEN old.ended <> ''
BEGIN SELECT RAISE (ABORT, 'what has ended stays so'); END;
CREATE TRIGGER gatherings_stay BEFORE UPDATE OF office_id, day, form, host, care_meeting, minutes, text, replaces, by, at
ON gatherings BEGIN SELECT RAISE (ABORT, 'an entry is replaced, never changed'); END;
CREATE TRIGGER gatherings_ended BEFORE UPDATE ON gatherings WHEN old.ended <> ''
BEGIN SELECT RAISE (ABORT, 'what has ended stays so'); END;

-- Proposals that a person did not want.
CREATE TABLE contact_declined (
    office_id TEXT NOT NULL REFERENCES offices (id),
    source    TEXT NOT NULL CHECK (source <> ''),
    by        TEXT NOT NULL CHECK (by <> ''),
    at        TEXT NOT NULL,
    PRIMARY KEY (office_id, source)
) STRICT;

-- What was done through Tasuki and may be worth an entry: to-dos that a person did with somebody, messages that went to somebody
-- else. Faxes that were printed and sent by hand are in both and stand here once.
CREATE VIEW contact_proposals AS
SELECT 'todo:' || t.id AS source, t.office_id, t.done AS at, t.recipient, coalesce(t.case_number, '') AS case_number, t.kind, r.whom
FROM todos t JOIN todo_results r
    ON r.id = (SELECT max(id) FROM todo_results WHERE todo_id = t.id AND result = 'done')
WHERE t.done <> '' AND t.done_by <> 'routing' AND t.about NOT LIKE 'notice:%'
    AND (r.whom <> '' OR t.kind IN ('call', 'fax', 'email', 'other', 'letter', 'inquiry'))
UNION ALL
SELECT 'notice:' || min(n.id), n.office_id, max(n.finished), n.recipient, coalesce(min(n.case_number), ''), n.channel, ''
FROM notices n
WHERE n.state IN ('sent', 'delivered') AND n.recipient LIKE 'institution:%' AND n.by_hand = ''
GROUP BY n.office_id, n.recipient, CASE n.batch WHEN '' THEN n.id ELSE n.batch END;
