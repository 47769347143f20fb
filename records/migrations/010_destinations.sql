-- A destination has one message on its way at a time.
CREATE INDEX notices_destination ON notices (channel, destination, state);
-- A program of the recipient that takes alerts; the id of a webhook of the configuration, or ''.
ALTER TABLE institutions ADD COLUMN webhook TEXT NOT NULL DEFAULT '';
