-- With whom an encrypted letter by mail was agreed: the passphrase, sealed under the site's key, and who told it to whom, how.
CREATE TABLE passphrases (
    institution_id INTEGER PRIMARY KEY REFERENCES institutions (id),
    office_id      TEXT NOT NULL REFERENCES offices (id),
    secret         TEXT NOT NULL CHECK (secret LIKE 'sealed:%'),
    how            TEXT NOT NULL CHECK (how IN ('phone', 'paper', 'meeting')),
    told_to        TEXT NOT NULL CHECK (told_to <> ''),
    by             TEXT NOT NULL CHECK (by <> ''),
    at             TEXT NOT NULL
) STRICT;
