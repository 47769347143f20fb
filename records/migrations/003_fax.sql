-- What is known of an entry's fax: the station that answered its test fax, and when it may be called.
ALTER TABLE institutions ADD COLUMN fax_station TEXT NOT NULL DEFAULT '';
ALTER TABLE institutions ADD COLUMN fax_hours TEXT NOT NULL DEFAULT '';
