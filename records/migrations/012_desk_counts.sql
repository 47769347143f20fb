-- The scope of a person is looked at row by row, so what narrows a count most comes first.
DROP INDEX documents_received;
CREATE INDEX documents_received ON documents (received, office_id, came_from, source);
DROP INDEX desk_sheets_received;
CREATE INDEX desk_sheets_received ON desk_sheets (received, office_id);
CREATE INDEX sheets_confirmed ON sheets (confirmed_at, office_id) WHERE state = 'confirmed';
