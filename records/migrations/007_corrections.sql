-- revision grows with every change from now on; values changed after confirmation are counted apart.
ALTER TABLE sheets ADD COLUMN corrections INTEGER NOT NULL DEFAULT 0;
UPDATE sheets SET corrections = revision;
