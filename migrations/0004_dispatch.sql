-- What is handed to a KEP provider, what came back, and every attempt in between.

CREATE TABLE kep_account (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES unit (id),
    address TEXT NOT NULL UNIQUE,
    -- ptt, turkkep
    provider TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    national_id TEXT NOT NULL,
    -- secrets, sealed with the installation's key
    password TEXT NOT NULL,
    passphrase TEXT NOT NULL,
    settings TEXT NOT NULL,
    active BIGINT NOT NULL,
    -- a login that has run out pauses the queue and is a task, never a failure
    paused_reason TEXT,
    paused_at BIGINT
);

-- One message per letter, address and set of left-out attachments: the outbox.
CREATE TABLE outgoing_message (
    id TEXT PRIMARY KEY,
    document_id TEXT NOT NULL REFERENCES document (id),
    account_id TEXT NOT NULL REFERENCES kep_account (id),
    address TEXT NOT NULL,
    -- written down with the hash before the first call; never made anew for a retry
    rfc_message_id TEXT NOT NULL UNIQUE,
    blob_hash TEXT NOT NULL,
    size BIGINT NOT NULL,
    -- held, waiting, submitting, unknown, sent, failed, stopped
    state TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    held_until BIGINT,
    next_at BIGINT NOT NULL,
    lease_owner TEXT,
    lease_until BIGINT,
    -- the provider's id (kepId) once it is known
    provider_id TEXT,
    submitting_since BIGINT,
    sent_at BIGINT,
    failure_code TEXT,
    failure_text TEXT,
    -- absence is proved by complete listings; how many, and when the last one ended
    absence_listings BIGINT NOT NULL DEFAULT 0,
    absence_listed_at BIGINT,
    -- 1 when only a person can tell whether the provider has it
    needs_person BIGINT NOT NULL DEFAULT 0,
    -- the provider's folder of sent mail, once the message was found there
    folder TEXT,
    -- evidence polling
    poll_at BIGINT,
    poll_count BIGINT NOT NULL DEFAULT 0,
    poll_error TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX outgoing_by_state ON outgoing_message (state, next_at);
CREATE INDEX outgoing_by_poll ON outgoing_message (poll_at);
CREATE INDEX outgoing_by_document ON outgoing_message (document_id);

CREATE TABLE dispatch_attempt (
    message_id TEXT NOT NULL REFERENCES outgoing_message (id),
    attempt BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    outcome TEXT,
    detail TEXT,
    PRIMARY KEY (message_id, attempt)
);

-- Append-only; the raw bytes are a blob. Keyed by what the provider calls it.
CREATE TABLE evidence (
    provider TEXT NOT NULL,
    evidence_id TEXT NOT NULL,
    message_id TEXT NOT NULL REFERENCES outgoing_message (id),
    code BIGINT,
    kind TEXT NOT NULL,
    event TEXT,
    text TEXT NOT NULL,
    at BIGINT,
    at_text TEXT NOT NULL,
    at_assumed BIGINT NOT NULL,
    kephs TEXT NOT NULL,
    recipient_address TEXT,
    blob_hash TEXT,
    finding TEXT,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (provider, evidence_id)
);
CREATE INDEX evidence_by_message ON evidence (message_id);
