-- Letters whose KEP messages wait for a KEP officer's card, and what the program at the desk may do.

-- Evrakı Gönder of a letter whose account is signed for by its officers: nothing is promised before
-- every message is signed.
CREATE TABLE dispatch_order (
    document_id TEXT PRIMARY KEY REFERENCES document (id),
    -- new with each Evrakı Gönder
    id TEXT NOT NULL UNIQUE,
    -- the letter's version that the messages were made of
    version BIGINT NOT NULL,
    account_id TEXT NOT NULL REFERENCES kep_account (id),
    asked_by TEXT NOT NULL,
    asked_by_name TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    -- waiting, returned, done
    state TEXT NOT NULL,
    -- why it was given back
    reason TEXT NOT NULL,
    closed_at BIGINT
);
CREATE INDEX dispatch_order_by_state ON dispatch_order (state, asked_at);

-- One message of it; the content lies in the blob store before the row names it.
CREATE TABLE dispatch_order_message (
    -- becomes the id of the outgoing message
    id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL REFERENCES dispatch_order (id),
    rfc_message_id TEXT NOT NULL UNIQUE,
    address TEXT NOT NULL,
    -- ids of the recipients that share it, joined by commas
    recipients TEXT NOT NULL,
    -- the header lines that stand before the signed content, and the boundary around it
    head TEXT NOT NULL,
    boundary TEXT NOT NULL,
    -- what is signed
    content_hash TEXT NOT NULL,
    -- the detached CMS
    cms_hash TEXT,
    signed_by TEXT,
    certificate_fingerprint TEXT,
    signed_at BIGINT
);
CREATE INDEX dispatch_order_message_by_order ON dispatch_order_message (order_id);

-- letter: PaketOzeti of a letter; kep: the messages of a letter on its way out
ALTER TABLE sign_request ADD COLUMN kind TEXT NOT NULL DEFAULT 'letter';

-- api: everything the API offers; sign_agent: only what the program at the signer's desk asks
ALTER TABLE api_token ADD COLUMN scope TEXT NOT NULL DEFAULT 'api';
UPDATE api_token SET scope = 'sign_agent' WHERE name = 'İmza aracı';
