-- How the duties that evidence gives to people were closed.

-- Görüşme Kaydı: with whom, when, with which result (decision 21).
CREATE TABLE contact_note (
    id TEXT PRIMARY KEY,
    recipient_id TEXT NOT NULL REFERENCES recipient (id),
    with_whom TEXT NOT NULL,
    spoken_at BIGINT NOT NULL,
    -- taken_up, reminder_follows, new_letter_follows
    result TEXT NOT NULL,
    note TEXT NOT NULL,
    written_by TEXT NOT NULL,
    written_at BIGINT NOT NULL
);
CREATE INDEX contact_note_by_recipient ON contact_note (recipient_id);

-- The posting on paper that closes the duty to send again on paper.
CREATE TABLE paper_posting (
    id TEXT PRIMARY KEY,
    recipient_id TEXT NOT NULL UNIQUE REFERENCES recipient (id),
    posted_on TEXT NOT NULL,
    barcode TEXT,
    handover_record TEXT,
    note TEXT NOT NULL,
    written_by TEXT NOT NULL,
    written_at BIGINT NOT NULL
);
