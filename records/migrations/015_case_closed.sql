-- The work for a case is completed: on which day in Japan, as what, and who said so when; '' while it is open.
ALTER TABLE cases ADD COLUMN completed TEXT NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN closed_as TEXT NOT NULL DEFAULT ''
    CHECK (closed_as IN ('', 'home', 'facility', 'hospital', 'died', 'ended', 'not_ours') AND (closed_as = '') = (completed = ''));
ALTER TABLE cases ADD COLUMN closed_at TEXT NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN closed_by TEXT NOT NULL DEFAULT '';
CREATE INDEX cases_completed ON cases (completed, office_id) WHERE completed <> '';
