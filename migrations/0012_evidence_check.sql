-- What the signature of each evidence came to, and what people decided about those that do not
-- verify. Both are append-only: a later check or decision is a new row, the last one stands.

CREATE TABLE evidence_check (
    id TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    evidence_id TEXT NOT NULL,
    checked_at BIGINT NOT NULL,
    -- the bytes that were checked
    blob_hash TEXT NOT NULL,
    -- verified, failed, unsigned (the account takes it so)
    result TEXT NOT NULL,
    -- why it does not verify, in words; empty when it does
    reason TEXT NOT NULL,
    -- the named checks as JSON
    checks TEXT NOT NULL,
    -- whose certificate signed it
    signer TEXT,
    signed_at BIGINT,
    -- the moment that a time-stamp authority vouches for
    stamped_at BIGINT,
    FOREIGN KEY (provider, evidence_id) REFERENCES evidence (provider, evidence_id)
);
CREATE INDEX evidence_check_by_evidence ON evidence_check (provider, evidence_id, checked_at);

-- A person's decision on an evidence that does not verify.
CREATE TABLE evidence_decision (
    id TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    evidence_id TEXT NOT NULL,
    -- 1: counts as if it had verified; 0: does not count and needs nobody any more
    counts BIGINT NOT NULL,
    reason TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    FOREIGN KEY (provider, evidence_id) REFERENCES evidence (provider, evidence_id)
);
CREATE INDEX evidence_decision_by_evidence ON evidence_decision (provider, evidence_id, decided_at);
