-- Since when the mailbox of an account cannot be read; `error` says why.
ALTER TABLE mailbox_watch ADD COLUMN failing_since BIGINT;
