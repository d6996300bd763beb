-- What a virus scanner said about an uploaded attachment: clean, infected, unchecked, unanswered.
ALTER TABLE attachment ADD COLUMN scan TEXT NOT NULL DEFAULT 'unchecked';
