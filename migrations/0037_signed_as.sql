-- Names and titles as the page that was signed has them, whatever becomes of the accounts: whom the
-- chain asked, who acted, and whose power was used. Empty: as the accounts have them today.
ALTER TABLE approval_step ADD COLUMN kept_name TEXT NOT NULL DEFAULT '';
ALTER TABLE approval_step ADD COLUMN kept_title TEXT NOT NULL DEFAULT '';
ALTER TABLE approval_step ADD COLUMN kept_actor TEXT NOT NULL DEFAULT '';
ALTER TABLE approval_step ADD COLUMN kept_delegator TEXT NOT NULL DEFAULT '';
ALTER TABLE approval_step ADD COLUMN kept_delegator_title TEXT NOT NULL DEFAULT '';

-- The deputy for whom the page was made anew: it goes on naming them while the others sign again.
ALTER TABLE approval_step ADD COLUMN deputy_id TEXT REFERENCES user_account (id);
