-- İlgi: the line of the registry that a letter cites.
ALTER TABLE document_reference ADD COLUMN incoming_id TEXT REFERENCES incoming_document (id);
