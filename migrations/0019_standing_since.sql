-- Since when status and duty are what they are, by our own clock: a Görüşme Kaydı closes only the
-- duty under which it was written. Evidence carries the provider's clock and may come late.
ALTER TABLE recipient ADD COLUMN standing_since BIGINT;
UPDATE recipient SET standing_since = status_at;
