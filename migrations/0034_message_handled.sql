-- A message that DYS cannot read and that a person took up by hand: it stays, and waits no more.
ALTER TABLE incoming_message ADD COLUMN handled_at BIGINT;
ALTER TABLE incoming_message ADD COLUMN handled_by TEXT;
ALTER TABLE incoming_message ADD COLUMN handled_reason TEXT;
