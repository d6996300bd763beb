-- Electronic signatures: whose certificate is whose, and every signature that was given.

-- The T.C. kimlik no by which a qualified certificate names its owner.
CREATE TABLE signer_identity (
    user_id TEXT PRIMARY KEY REFERENCES user_account (id),
    national_id TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at BIGINT NOT NULL
);

-- A signature of a step: the CMS as it was stored, and what was found when it was checked.
CREATE TABLE signature (
    id TEXT PRIMARY KEY,
    document_id TEXT NOT NULL REFERENCES document (id),
    step_id TEXT NOT NULL REFERENCES approval_step (id),
    user_id TEXT NOT NULL REFERENCES user_account (id),
    -- SHA-256 of the signed content and of the CMS; both lie in the blob store.
    content_hash TEXT NOT NULL,
    cms_hash TEXT NOT NULL,
    signer_name TEXT NOT NULL,
    certificate_fingerprint TEXT NOT NULL,
    -- bes, t, c, x_long, a
    level TEXT NOT NULL,
    -- verified, incomplete
    verdict TEXT NOT NULL,
    -- Every check with outcome and sentence, as JSON.
    report TEXT NOT NULL,
    stamped_at BIGINT,
    signed_at BIGINT NOT NULL
);
CREATE INDEX signature_by_document ON signature (document_id);

-- The code by which a program at a signer's desk is paired, shown once on the screen.
CREATE TABLE sign_pairing (
    code_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES user_account (id),
    expires_at BIGINT NOT NULL
);

-- A letter that waits for its signer's card.
CREATE TABLE sign_request (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES user_account (id),
    document_id TEXT NOT NULL REFERENCES document (id),
    -- What `prepare` gave: complete has to carry the version.
    version BIGINT NOT NULL,
    content_hash TEXT NOT NULL,
    official_number TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- waiting, signed, failed
    state TEXT NOT NULL,
    message TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    done_at BIGINT
);
CREATE INDEX sign_request_by_user ON sign_request (user_id, asked_at);
