-- What administration adds: first passwords, settings of one unit, letters that send themselves.

-- 1 after an administrator chose the password: the person has to choose another at log-in.
ALTER TABLE user_account ADD COLUMN must_change_password BIGINT NOT NULL DEFAULT 0;

CREATE TABLE unit_setting (
    unit_id TEXT NOT NULL REFERENCES unit (id),
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (unit_id, key)
);

-- Why a signed letter could not send itself; it then waits for a person.
ALTER TABLE document ADD COLUMN auto_dispatch_error TEXT;
CREATE INDEX document_auto ON document (id) WHERE auto_dispatch = 1;

-- What a KEP directory answered about an address, the last time that it was asked.
CREATE TABLE kep_directory_answer (
    address TEXT PRIMARY KEY,
    asked_at BIGINT NOT NULL,
    -- whose directory
    source TEXT NOT NULL,
    -- the service's own number and words; what its numbers mean is not public
    status BIGINT,
    words TEXT NOT NULL
);
