-- What concerns the site and no office has this one in the audit chain and among the grants. No configuration can name it.
INSERT INTO offices (id, code, name, ward) VALUES ('*', '*', '', '');

CREATE TABLE accounts (
    id             INTEGER PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE CHECK (name <> ''),
    display        TEXT NOT NULL CHECK (display <> ''),
    language       TEXT NOT NULL CHECK (language IN ('ja', 'en')),
    password       TEXT NOT NULL,
    password_at    TEXT NOT NULL,
    must_change    INTEGER NOT NULL DEFAULT 0 CHECK (must_change IN (0, 1)),
    break_glass    INTEGER NOT NULL DEFAULT 0 CHECK (break_glass IN (0, 1)),
    opened         TEXT NOT NULL DEFAULT '',
    totp_secret    TEXT NOT NULL DEFAULT '',
    totp_at        TEXT NOT NULL DEFAULT '',
    totp_step      INTEGER NOT NULL DEFAULT 0,
    totp_pending   TEXT NOT NULL DEFAULT '',
    disabled       TEXT NOT NULL DEFAULT '',
    signed_in      TEXT NOT NULL DEFAULT '',
    created        TEXT NOT NULL,
    created_by     TEXT NOT NULL CHECK (created_by <> '')
) STRICT;

CREATE TABLE account_grants (
    account_id  INTEGER NOT NULL REFERENCES accounts (id),
    role        TEXT NOT NULL CHECK (role IN ('coordinator', 'manager', 'ward_viewer', 'health_bureau', 'administrator',
                                              'auditor')),
    office_id   TEXT NOT NULL REFERENCES offices (id),
    case_number TEXT NOT NULL DEFAULT '' CHECK ((role = 'ward_viewer') = (case_number <> '')),
    until       TEXT NOT NULL DEFAULT '' CHECK (role <> 'ward_viewer' OR until <> ''),
    at          TEXT NOT NULL,
    by          TEXT NOT NULL CHECK (by <> ''),
    PRIMARY KEY (account_id, role, office_id, case_number)
) STRICT;
CREATE INDEX account_grants_office ON account_grants (office_id, account_id);

CREATE TABLE recovery_codes (
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    hash       TEXT NOT NULL CHECK (length(hash) = 64),
    used       TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (account_id, hash)
) STRICT;

CREATE TABLE sessions (
    token      TEXT PRIMARY KEY CHECK (length(token) = 64),
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    created    INTEGER NOT NULL,
    seen       INTEGER NOT NULL,
    ends       INTEGER NOT NULL,
    locked     INTEGER NOT NULL DEFAULT 0 CHECK (locked IN (0, 1)),
    failures   INTEGER NOT NULL DEFAULT 0,
    address    TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_account ON sessions (account_id);

-- Of the last hour; names and addresses are hashed, because people type passwords where the name belongs.
CREATE TABLE sign_in_failures (
    key   TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    last  INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_failures_last ON sign_in_failures (last);

CREATE TABLE sign_in_places (
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    address    TEXT NOT NULL,
    last       INTEGER NOT NULL,
    PRIMARY KEY (account_id, address)
) STRICT;
