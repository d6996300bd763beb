-- What revocation services said about the certificates that signed a message's evidence. The bytes
-- lie in the blob store; a later answer is one more row.
CREATE TABLE revocation_answer (
    message_id TEXT NOT NULL REFERENCES outgoing_message (id),
    blob_hash TEXT NOT NULL,
    -- ocsp (OCSPResponse), crl (CertificateList); both DER
    kind TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    PRIMARY KEY (message_id, blob_hash)
);
