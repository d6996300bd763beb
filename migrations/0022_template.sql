-- Letter templates that institutions own, delegated signing powers, and recipients' names as
-- drafters write them.

-- Yazı şablonu: what a letter begins with; that of a unit serves the units below it.
CREATE TABLE letter_template (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES unit (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    -- counts every change; a write carries the version that it was read at
    version BIGINT NOT NULL,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    confidentiality TEXT NOT NULL,
    personal BIGINT NOT NULL,
    plan_code TEXT,
    secondary_code TEXT,
    closing TEXT NOT NULL,
    -- the text as sanitised structure (JSON)
    body TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (unit_id, name_key)
);

-- Yetki devri: in whose name a person signs; a signature keeps whose power it used.
ALTER TABLE user_account ADD COLUMN delegator_id TEXT REFERENCES user_account (id);
ALTER TABLE approval_step ADD COLUMN delegator_id TEXT REFERENCES user_account (id);

-- The line of Dağıtım as the drafter wants it; empty: as the rule makes it.
ALTER TABLE recipient ADD COLUMN written TEXT NOT NULL DEFAULT '';
