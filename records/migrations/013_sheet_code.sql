-- The case that the printed code on a sheet names; matching and people decide whether that is so.
ALTER TABLE sheets ADD COLUMN proposed_case TEXT REFERENCES cases (number);
