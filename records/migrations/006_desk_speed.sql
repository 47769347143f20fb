-- What waits is few of many: the queue and its counts read these alone.
CREATE INDEX fields_waiting ON fields (sheet_id, reason) WHERE decided = 'waiting';
DROP INDEX desk_sheets_open;
CREATE INDEX desk_sheets_open ON desk_sheets (urgent DESC, received, sheet_id, office_id, state, case_number, twin, ward, form,
    source) WHERE open = 1;
DROP INDEX pages_desk;
CREATE INDEX pages_desk ON pages (office_id, state, id) WHERE state <> 'read' AND settled = '';
CREATE INDEX documents_received ON documents (office_id, received, source);
