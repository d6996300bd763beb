-- Which folders hold letters: one that was opened by mistake and left again takes nothing.
CREATE INDEX document_by_case_file ON document (case_file_id);
