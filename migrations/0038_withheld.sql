-- Gönderilmeyecek: a signed letter that a person closed without sending it, and why.
ALTER TABLE document ADD COLUMN withheld_reason TEXT;
ALTER TABLE document ADD COLUMN withheld_by TEXT;
ALTER TABLE document ADD COLUMN withheld_at BIGINT;
