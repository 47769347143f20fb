-- The parts of a document are found from any of them: which office has which page of one original.
CREATE INDEX documents_came_from ON documents (came_from) WHERE came_from IS NOT NULL;
