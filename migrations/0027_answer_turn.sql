-- Whose turn an answer is, to whom it must go, and which letter ended a referral.
ALTER TABLE incoming_answer ADD COLUMN addressee TEXT NOT NULL DEFAULT '';
ALTER TABLE incoming_answer ADD COLUMN referral_id TEXT NOT NULL DEFAULT '';
ALTER TABLE referral ADD COLUMN letter_id TEXT;
