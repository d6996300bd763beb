-- Zimmet: who took an envelope of a custody list and when, once for each line.
ALTER TABLE paper_list_line ADD COLUMN received_on TEXT;
ALTER TABLE paper_list_line ADD COLUMN received_by TEXT;
ALTER TABLE paper_list_line ADD COLUMN recorded_by TEXT;
ALTER TABLE paper_list_line ADD COLUMN recorded_at BIGINT;
