-- One mail or one call that is about several cases proposes an entry for each: a figure must not depend on whether a recipient wants
-- single letters or a daily digest, nor on how many patients a hospital is asked after in one call.
DROP VIEW contact_proposals;
CREATE VIEW contact_proposals AS
SELECT 'todo:' || t.id AS source, t.office_id, t.done AS at, t.recipient, coalesce(t.case_number, '') AS case_number, t.kind, r.whom
FROM todos t JOIN todo_results r
    ON r.id = (SELECT max(id) FROM todo_results WHERE todo_id = t.id AND result = 'done')
WHERE t.done <> '' AND t.done_by <> 'routing' AND t.about NOT LIKE 'notice:%'
    AND (r.whom <> '' OR t.kind IN ('call', 'fax', 'email', 'other', 'letter', 'inquiry'))
UNION ALL
SELECT 'notice:' || min(n.id), n.office_id, max(n.finished), n.recipient, coalesce(n.case_number, ''), n.channel, ''
FROM notices n
WHERE n.state IN ('sent', 'delivered') AND n.recipient LIKE 'institution:%' AND n.by_hand = ''
    AND NOT EXISTS (SELECT 1 FROM inquiries i WHERE i.call = n.id)
GROUP BY n.office_id, n.recipient, CASE n.batch WHEN '' THEN n.id ELSE n.batch END, n.case_number
UNION ALL
-- As in the ledger: what was taken back once it was under way has a day of answer.
SELECT 'notice:' || n.id || '/' || i.case_number, n.office_id, n.finished, n.recipient, i.case_number, n.channel, ''
FROM inquiries i JOIN notices n ON n.id = i.call
WHERE n.state IN ('sent', 'delivered') AND n.recipient LIKE 'institution:%' AND n.by_hand = ''
    AND (i.state <> 'cancelled' OR i.due <> '')
GROUP BY n.id, i.case_number;

-- A mail or call that a person has settled before comes back for none of its cases.
WITH settled AS (
    SELECT office_id, source, by, at FROM contacts WHERE source <> '' AND ended = ''
    UNION ALL SELECT office_id, source, by, at FROM contact_declined),
mails AS (
    SELECT office_id, 'notice:' || id AS source,
        'notice:' || min(id) OVER (PARTITION BY office_id, recipient, batch) AS before
    FROM notices WHERE batch <> '' AND state IN ('sent', 'delivered') AND by_hand = ''
    UNION ALL
    SELECT i.office_id, 'notice:' || i.call || '/' || i.case_number, 'notice:' || i.call FROM inquiries i WHERE i.call IS NOT NULL)
INSERT OR IGNORE INTO contact_declined (office_id, source, by, at)
SELECT m.office_id, m.source, s.by, s.at FROM mails m JOIN settled s ON s.office_id = m.office_id AND s.source = m.before
WHERE m.source <> m.before;
